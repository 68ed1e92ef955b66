/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mprotect, struct pt_regs *regs, long ret)
{
	struct ev_mprotect *ev = event__begin(mprotect, MPROTECT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->addr = args__get(&ev->hdr, regs, 0);
	ev->length = args__get(&ev->hdr, regs, 1);
	ev->prot = native__prot_flags(args__get(&ev->hdr, regs, 2));

	return event__submit(&ev->hdr);
}
