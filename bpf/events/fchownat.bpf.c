/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fchownat, struct pt_regs *regs, long ret)
{
	struct ev_fchownat *ev = event__begin(fchownat, FCHOWNAT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->pathname, args__get(&ev->hdr, regs, 1), ev->dirfd);
	ev->uid = args__id(&ev->hdr, regs, 2);
	ev->gid = args__id(&ev->hdr, regs, 3);
	ev->flags = native__fchownat_flags(args__get(&ev->hdr, regs, 4));
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
