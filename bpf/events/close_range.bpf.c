/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_close_range, struct pt_regs *regs, long ret)
{
	struct ev_close_range *ev = event__begin(close_range, CLOSE_RANGE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->first = args__get(&ev->hdr, regs, 0);
	ev->last = args__get(&ev->hdr, regs, 1);
	ev->flags = native__close_range_flags(args__get(&ev->hdr, regs, 2));

	return event__submit(&ev->hdr);
}
