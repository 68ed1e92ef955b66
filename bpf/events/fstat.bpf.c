/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fstat, struct pt_regs *regs, long ret)
{
	struct ev_fstat *ev = event__begin(fstat, FSTAT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
