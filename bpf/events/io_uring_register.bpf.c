/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_io_uring_register, struct pt_regs *regs, long ret)
{
	struct ev_io_uring_register *ev = event__begin(io_uring_register, IO_URING_REGISTER);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->opcode = args__get(&ev->hdr, regs, 1);
	ev->arg = args__get(&ev->hdr, regs, 2);
	ev->nr_args = args__get(&ev->hdr, regs, 3);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
