/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_tkill, struct pt_regs *regs, long ret)
{
	struct ev_tkill *ev = event__begin(tkill, TKILL);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->tid = args__int(&ev->hdr, regs, 0);
	ev->sig = args__get(&ev->hdr, regs, 1);

	return event__submit(&ev->hdr);
}
