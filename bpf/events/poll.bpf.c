/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/pollfd.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_poll, struct pt_regs *regs, long ret)
{
	struct ev_poll *ev = event__begin(poll, POLL);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fds = pollfd__list(&ev->hdr, regs);
	ev->timeout = args__int(&ev->hdr, regs, 2);

	return event__submit(&ev->hdr);
}
