/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_semget, struct pt_regs *regs, long ret)
{
	struct ev_semget *ev = event__begin(semget, SEMGET);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->key = args__get(&ev->hdr, regs, 0);
	ev->nsems = args__get(&ev->hdr, regs, 1);
	ev->semflg = native__semget_flags(args__get(&ev->hdr, regs, 2));

	return event__submit(&ev->hdr);
}
