/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_newfstatat, struct pt_regs *regs, long ret)
{
	struct ev_newfstatat *ev = event__begin(newfstatat, NEWFSTATAT);
	unsigned long flags;

	if (!ev)
		return 0;

	flags = args__get(&ev->hdr, regs, 3);
	ev->res = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->path, args__get(&ev->hdr, regs, 1), ev->dirfd);
	lookup__want(&ev->hdr, &ev->path, ev->dirfd, flags & AT_SYMLINK_NOFOLLOW ? LOOKUP_NOFOLLOW : LOOKUP_OBJECT);
	ev->flags = native__newfstatat_flags(flags);
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);

	return lookup__submit(ctx, &ev->hdr);
}
