/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/rlimit.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setrlimit, struct pt_regs *regs, long ret)
{
	struct ev_setrlimit *ev = event__begin(setrlimit, SETRLIMIT);

	if (!ev)
		return 0;

	ev->res = ret;
	rlimit__read(&ev->hdr, args__get(&ev->hdr, regs, 1), &ev->cur, &ev->max);
	ev->resource = native__rlimit_resource(args__get(&ev->hdr, regs, 0));

	return event__submit(&ev->hdr);
}
