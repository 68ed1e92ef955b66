/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_renameat2, struct pt_regs *regs, long ret)
{
	struct ev_renameat2 *ev = event__begin(renameat2, RENAMEAT2);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->olddirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->oldpath, args__get(&ev->hdr, regs, 1), ev->olddirfd);
	ev->newdirfd = args__int(&ev->hdr, regs, 2);
	args__path(&ev->hdr, &ev->newpath, args__get(&ev->hdr, regs, 3), ev->newdirfd);
	lookup__want(&ev->hdr, &ev->oldpath, ev->olddirfd, LOOKUP_ENTRY);
	lookup__want_second(&ev->hdr, &ev->newpath, ev->newdirfd, LOOKUP_ENTRY);
	ev->flags = args__get(&ev->hdr, regs, 4);

	return lookup__submit(ctx, &ev->hdr);
}
