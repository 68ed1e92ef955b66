/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/mem.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_brk, struct pt_regs *regs, long ret)
{
	struct ev_brk *ev = event__begin(brk, BRK);

	if (!ev)
		return 0;

	ev->res = ret;
	mem__fill(ev);
	ev->addr = args__get(&ev->hdr, regs, 0);

	return event__submit(&ev->hdr);
}
