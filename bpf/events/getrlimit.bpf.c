/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/rlimit.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getrlimit, struct pt_regs *regs, long ret)
{
	struct ev_getrlimit *ev = event__begin(getrlimit, GETRLIMIT);

	if (!ev)
		return 0;

	ev->res = ret;
	/* What the call says only when it succeeds. */
	if (ret)
		ev->cur = ev->max = -1;
	else
		rlimit__read(&ev->hdr, args__get(&ev->hdr, regs, 1), &ev->cur, &ev->max);
	ev->resource = native__rlimit_resource(args__get(&ev->hdr, regs, 0));

	return event__submit(&ev->hdr);
}
