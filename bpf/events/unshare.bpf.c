/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_unshare, struct pt_regs *regs, long ret)
{
	struct ev_unshare *ev = event__begin(unshare, UNSHARE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->flags = native__clone_flags(args__get(&ev->hdr, regs, 0));

	return event__submit(&ev->hdr);
}
