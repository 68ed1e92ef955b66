/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_finit_module, struct pt_regs *regs, long ret)
{
	struct ev_finit_module *ev = event__begin(finit_module, FINIT_MODULE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->uargs = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 1));
	ev->flags = native__finit_module_flags(args__get(&ev->hdr, regs, 2));
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
