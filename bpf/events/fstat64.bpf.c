/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fstat64, struct pt_regs *regs, long ret)
{
	struct ev_fstat64 *ev = event__begin(fstat64, FSTAT64);

	if (!ev)
		return 0;

	ev->res = ret;

	return event__submit(&ev->hdr);
}
