/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setresuid, struct pt_regs *regs, long ret)
{
	struct ev_setresuid *ev = event__begin(setresuid, SETRESUID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->ruid = args__id(&ev->hdr, regs, 0);
	ev->euid = args__id(&ev->hdr, regs, 1);
	ev->suid = args__id(&ev->hdr, regs, 2);

	return event__submit(&ev->hdr);
}
