/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mount, struct pt_regs *regs, long ret)
{
	struct ev_mount *ev = event__begin(mount, MOUNT);
	unsigned long flags;

	if (!ev)
		return 0;

	flags = args__get(&ev->hdr, regs, 3);
	/* Programs for kernels before 2.4 had to pass a magic number in the upper half. */
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	ev->res = ret;
	ev->dev = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 0));
	args__path(&ev->hdr, &ev->dir, args__get(&ev->hdr, regs, 1), AT_FDCWD);
	lookup__want(&ev->hdr, &ev->dir, AT_FDCWD, LOOKUP_MOUNT);
	ev->type = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 2));
	ev->flags = flags;

	return lookup__submit(ctx, &ev->hdr);
}
