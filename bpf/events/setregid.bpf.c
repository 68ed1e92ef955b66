/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setregid, struct pt_regs *regs, long ret)
{
	struct ev_setregid *ev = event__begin(setregid, SETREGID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->rgid = args__id(&ev->hdr, regs, 0);
	ev->egid = args__id(&ev->hdr, regs, 1);

	return event__submit(&ev->hdr);
}
