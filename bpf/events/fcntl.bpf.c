/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fcntl, struct pt_regs *regs, long ret)
{
	struct ev_fcntl *ev = event__begin(fcntl, FCNTL);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->cmd = native__fcntl_command(args__get(&ev->hdr, regs, 1));
	ev->arg = args__get(&ev->hdr, regs, 2);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
