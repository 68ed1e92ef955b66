/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fchmod, struct pt_regs *regs, long ret)
{
	struct ev_fchmod *ev = event__begin(fchmod, FCHMOD);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->mode = native__chmod_mode(args__get(&ev->hdr, regs, 1));
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
