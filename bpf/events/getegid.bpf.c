/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getegid, struct pt_regs *regs, long ret)
{
	struct ev_getegid *ev = event__begin(getegid, GETEGID);

	if (!ev)
		return 0;

	ev->egid = ret;

	return event__submit(&ev->hdr);
}
