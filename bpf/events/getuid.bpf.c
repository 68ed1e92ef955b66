/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getuid, struct pt_regs *regs, long ret)
{
	struct ev_getuid *ev = event__begin(getuid, GETUID);

	if (!ev)
		return 0;

	ev->uid = ret;

	return event__submit(&ev->hdr);
}
