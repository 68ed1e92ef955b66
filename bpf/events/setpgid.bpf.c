/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setpgid, struct pt_regs *regs, long ret)
{
	struct ev_setpgid *ev = event__begin(setpgid, SETPGID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->pid = args__int(&ev->hdr, regs, 0);
	ev->pgid = args__int(&ev->hdr, regs, 1);

	return event__submit(&ev->hdr);
}
