/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_munlockall, struct pt_regs *regs, long ret)
{
	struct ev_munlockall *ev = event__begin(munlockall, MUNLOCKALL);

	if (!ev)
		return 0;

	ev->res = ret;

	return event__submit(&ev->hdr);
}
