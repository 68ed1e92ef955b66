/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* An event without params, as Falco has it. */
SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getpeername, struct pt_regs *regs, long ret)
{
	struct ev_getpeername *ev = event__begin(getpeername, GETPEERNAME);

	if (!ev)
		return 0;

	return event__submit(&ev->hdr);
}
