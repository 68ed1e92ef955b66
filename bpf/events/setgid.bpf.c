/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setgid, struct pt_regs *regs, long ret)
{
	struct ev_setgid *ev = event__begin(setgid, SETGID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->gid = args__id(&ev->hdr, regs, 0);

	return event__submit(&ev->hdr);
}
