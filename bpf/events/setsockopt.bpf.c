/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/param/sockopt.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setsockopt, struct pt_regs *regs, long ret)
{
	struct ev_setsockopt *ev = event__begin(setsockopt, SETSOCKOPT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->optlen = args__net(&ev->hdr, regs, 4);
	sockopt__fill(ev, regs, ev->optlen);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
