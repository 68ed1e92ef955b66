/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_memfd_create, struct pt_regs *regs, long ret)
{
	struct ev_memfd_create *ev = event__begin(memfd_create, MEMFD_CREATE);

	if (!ev)
		return 0;

	ev->fd = ret;
	ev->name = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 0));
	ev->flags = native__memfd_create_flags(args__get(&ev->hdr, regs, 1));
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
