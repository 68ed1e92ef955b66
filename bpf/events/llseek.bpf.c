/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_llseek, struct pt_regs *regs, long ret)
{
	struct ev_llseek *ev = event__begin(llseek, LLSEEK);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->offset = args__get(&ev->hdr, regs, 1) << 32 | args__get(&ev->hdr, regs, 2);
	ev->whence = native__lseek_whence(args__get(&ev->hdr, regs, 4));
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
