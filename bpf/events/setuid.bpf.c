/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_setuid, struct pt_regs *regs, long ret)
{
	struct ev_setuid *ev = event__begin(setuid, SETUID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->uid = args__id(&ev->hdr, regs, 0);

	return event__submit(&ev->hdr);
}
