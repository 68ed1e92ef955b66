/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/rlimit.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_prlimit, struct pt_regs *regs, long ret)
{
	struct ev_prlimit *ev = event__begin(prlimit, PRLIMIT);

	if (!ev)
		return 0;

	ev->res = ret;
	rlimit__read64(args__get(&ev->hdr, regs, 2), &ev->newcur, &ev->newmax);
	if (ret)
		ev->oldcur = ev->oldmax = -1;
	else
		rlimit__read64(args__get(&ev->hdr, regs, 3), &ev->oldcur, &ev->oldmax);
	ev->pid = args__int(&ev->hdr, regs, 0);
	ev->resource = native__rlimit_resource(args__get(&ev->hdr, regs, 1));

	return event__submit(&ev->hdr);
}
