/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_landlock_restrict_self, struct pt_regs *regs, long ret)
{
	struct ev_landlock_restrict_self *ev = event__begin(landlock_restrict_self, LANDLOCK_RESTRICT_SELF);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->ruleset_fd = args__int(&ev->hdr, regs, 0);
	ev->flags = args__get(&ev->hdr, regs, 1);
	file__fill(&ev->hdr, &ev->file, ev->ruleset_fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
