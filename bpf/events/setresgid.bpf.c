/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setresgid, struct pt_regs *regs, long ret)
{
	struct ev_setresgid *ev = event__begin(setresgid, SETRESGID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->rgid = args__id(&ev->hdr, regs, 0);
	ev->egid = args__id(&ev->hdr, regs, 1);
	ev->sgid = args__id(&ev->hdr, regs, 2);

	return event__submit(&ev->hdr);
}
