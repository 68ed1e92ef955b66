/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mlock2, struct pt_regs *regs, long ret)
{
	struct ev_mlock2 *ev = event__begin(mlock2, MLOCK2);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->addr = args__get(&ev->hdr, regs, 0);
	ev->len = args__get(&ev->hdr, regs, 1);
	ev->flags = native__mlock2_flags(args__get(&ev->hdr, regs, 2));

	return event__submit(&ev->hdr);
}
