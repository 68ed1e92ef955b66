/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_shutdown, struct pt_regs *regs, long ret)
{
	struct ev_shutdown *ev = event__begin(shutdown, SHUTDOWN);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	ev->how = native__shutdown_how(args__net(&ev->hdr, regs, 1));
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
