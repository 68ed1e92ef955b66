/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_splice, struct pt_regs *regs, long ret)
{
	struct ev_splice *ev = event__begin(splice, SPLICE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd_in = args__int(&ev->hdr, regs, 0);
	ev->fd_out = args__int(&ev->hdr, regs, 2);
	ev->size = args__get(&ev->hdr, regs, 4);
	ev->flags = native__splice_flags(args__get(&ev->hdr, regs, 5));
	file__fill(&ev->hdr, &ev->file, ev->fd_out, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
