/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fchownat, struct pt_regs *regs, long ret)
{
	struct ev_fchownat *ev = event__begin(fchownat, FCHOWNAT);
	unsigned long flags;

	if (!ev)
		return 0;

	flags = args__get(&ev->hdr, regs, 4);
	ev->res = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->pathname, args__get(&ev->hdr, regs, 1), ev->dirfd);
	lookup__want(&ev->hdr, &ev->pathname, ev->dirfd, flags & AT_SYMLINK_NOFOLLOW ? LOOKUP_NOFOLLOW : LOOKUP_OBJECT);
	ev->uid = args__id(&ev->hdr, regs, 2);
	ev->gid = args__id(&ev->hdr, regs, 3);
	ev->flags = native__fchownat_flags(flags);
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);

	return lookup__submit(ctx, &ev->hdr);
}
