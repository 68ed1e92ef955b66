/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/param/mknod.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mknodat, struct pt_regs *regs, long ret)
{
	struct ev_mknodat *ev = event__begin(mknodat, MKNODAT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->path, args__get(&ev->hdr, regs, 1), ev->dirfd);
	lookup__want(&ev->hdr, &ev->path, ev->dirfd, LOOKUP_ENTRY);
	ev->mode = mknod__mode(args__get(&ev->hdr, regs, 2));
	ev->dev = args__get(&ev->hdr, regs, 3);
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);

	return lookup__submit(ctx, &ev->hdr);
}
