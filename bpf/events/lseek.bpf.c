/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_lseek, struct pt_regs *regs, long ret)
{
	struct ev_lseek *ev = event__begin(lseek, LSEEK);
	__u64 offset;

	if (!ev)
		return 0;

	offset = args__get(&ev->hdr, regs, 1);
	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->offset = args__ia32(&ev->hdr) ? (__s64)(__s32)offset : offset;
	ev->whence = native__lseek_whence(args__get(&ev->hdr, regs, 2));
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
