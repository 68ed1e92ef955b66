/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* Bits of the operation; others are marks. */
#define FUTEX_COMMAND 0x7f

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_futex, struct pt_regs *regs, long ret)
{
	struct ev_futex *ev = event__begin(futex, FUTEX);
	__u32 op;

	if (!ev)
		return 0;

	op = args__get(&ev->hdr, regs, 1);
	ev->res = ret;
	ev->addr = args__get(&ev->hdr, regs, 0);
	ev->op = native__futex_marks(op) | native__futex_command(op & FUTEX_COMMAND);
	ev->val = args__get(&ev->hdr, regs, 2);

	return event__submit(&ev->hdr);
}
