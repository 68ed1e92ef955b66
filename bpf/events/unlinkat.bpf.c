/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_unlinkat, struct pt_regs *regs, long ret)
{
	struct ev_unlinkat *ev = event__begin(unlinkat, UNLINKAT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 1), ev->dirfd);
	lookup__want(&ev->hdr, &ev->name, ev->dirfd, LOOKUP_ENTRY);
	ev->flags = native__unlinkat_flags(args__get(&ev->hdr, regs, 2));
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);

	return lookup__submit(ctx, &ev->hdr);
}
