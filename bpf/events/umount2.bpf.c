/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_umount2, struct pt_regs *regs, long ret)
{
	struct ev_umount2 *ev = event__begin(umount2, UMOUNT2);
	unsigned long flags;

	if (!ev)
		return 0;

	flags = args__get(&ev->hdr, regs, 1);
	ev->res = ret;
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	lookup__want(&ev->hdr, &ev->name, AT_FDCWD, flags & UMOUNT_NOFOLLOW ? LOOKUP_ENTRY : LOOKUP_MOUNT);
	ev->flags = native__umount_flags(flags);

	return lookup__submit(ctx, &ev->hdr);
}
