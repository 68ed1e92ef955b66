/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_linkat, struct pt_regs *regs, long ret)
{
	struct ev_linkat *ev = event__begin(linkat, LINKAT);
	unsigned long flags;

	if (!ev)
		return 0;

	flags = args__get(&ev->hdr, regs, 4);
	ev->res = ret;
	ev->olddir = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->oldpath, args__get(&ev->hdr, regs, 1), ev->olddir);
	ev->newdir = args__int(&ev->hdr, regs, 2);
	args__path(&ev->hdr, &ev->newpath, args__get(&ev->hdr, regs, 3), ev->newdir);
	lookup__want(&ev->hdr, &ev->oldpath, ev->olddir, flags & AT_SYMLINK_FOLLOW ? LOOKUP_OBJECT : LOOKUP_NOFOLLOW);
	lookup__want_second(&ev->hdr, &ev->newpath, ev->newdir, LOOKUP_ENTRY);
	ev->flags = native__linkat_flags(flags);

	return lookup__submit(ctx, &ev->hdr);
}
