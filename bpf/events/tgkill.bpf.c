/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_tgkill, struct pt_regs *regs, long ret)
{
	struct ev_tgkill *ev = event__begin(tgkill, TGKILL);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->pid = args__int(&ev->hdr, regs, 0);
	ev->tid = args__int(&ev->hdr, regs, 1);
	ev->sig = args__get(&ev->hdr, regs, 2);

	return event__submit(&ev->hdr);
}
