/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getgid, struct pt_regs *regs, long ret)
{
	struct ev_getgid *ev = event__begin(getgid, GETGID);

	if (!ev)
		return 0;

	ev->gid = ret;

	return event__submit(&ev->hdr);
}
