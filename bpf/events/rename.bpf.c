/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_rename, struct pt_regs *regs, long ret)
{
	struct ev_rename *ev = event__begin(rename, RENAME);

	if (!ev)
		return 0;

	ev->res = ret;
	args__path(&ev->hdr, &ev->oldpath, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	args__path(&ev->hdr, &ev->newpath, args__get(&ev->hdr, regs, 1), AT_FDCWD);
	lookup__want(&ev->hdr, &ev->oldpath, AT_FDCWD, LOOKUP_ENTRY);
	lookup__want_second(&ev->hdr, &ev->newpath, AT_FDCWD, LOOKUP_ENTRY);

	return lookup__submit(ctx, &ev->hdr);
}
