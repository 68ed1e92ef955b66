/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_epoll_create1, struct pt_regs *regs, long ret)
{
	struct ev_epoll_create1 *ev = event__begin(epoll_create1, EPOLL_CREATE1);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->flags = native__epoll_create1_flags(args__get(&ev->hdr, regs, 0));
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
