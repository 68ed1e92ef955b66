/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mlock, struct pt_regs *regs, long ret)
{
	struct ev_mlock *ev = event__begin(mlock, MLOCK);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->addr = args__get(&ev->hdr, regs, 0);
	ev->len = args__get(&ev->hdr, regs, 1);

	return event__submit(&ev->hdr);
}
