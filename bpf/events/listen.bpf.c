/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_listen, struct pt_regs *regs, long ret)
{
	struct ev_listen *ev = event__begin(listen, LISTEN);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	ev->backlog = args__net(&ev->hdr, regs, 1);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_SERVER);

	return event__submit(&ev->hdr);
}
