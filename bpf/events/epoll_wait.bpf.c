/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_epoll_wait, struct pt_regs *regs, long ret)
{
	struct ev_epoll_wait *ev = event__begin(epoll_wait, EPOLL_WAIT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->maxevents = args__int(&ev->hdr, regs, 2);

	return event__submit(&ev->hdr);
}
