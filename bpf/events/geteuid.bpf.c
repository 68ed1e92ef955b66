/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_geteuid, struct pt_regs *regs, long ret)
{
	struct ev_geteuid *ev = event__begin(geteuid, GETEUID);

	if (!ev)
		return 0;

	ev->euid = ret;

	return event__submit(&ev->hdr);
}
