/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_timerfd_create, struct pt_regs *regs, long ret)
{
	struct ev_timerfd_create *ev = event__begin(timerfd_create, TIMERFD_CREATE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->clockid = args__get(&ev->hdr, regs, 0);
	ev->flags = native__socket_flags(args__get(&ev->hdr, regs, 1)); /* close-on-exec has no room in it */
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
