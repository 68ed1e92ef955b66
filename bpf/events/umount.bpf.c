/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_umount, struct pt_regs *regs, long ret)
{
	struct ev_umount *ev = event__begin(umount, UMOUNT);

	if (!ev)
		return 0;

	ev->res = ret;
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	lookup__want(&ev->hdr, &ev->name, AT_FDCWD, LOOKUP_MOUNT);

	return lookup__submit(ctx, &ev->hdr);
}
