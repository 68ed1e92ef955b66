/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fchmodat, struct pt_regs *regs, long ret)
{
	struct ev_fchmodat *ev = event__begin(fchmodat, FCHMODAT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->filename, args__get(&ev->hdr, regs, 1), ev->dirfd);
	lookup__want(&ev->hdr, &ev->filename, ev->dirfd, LOOKUP_OBJECT);
	ev->mode = native__chmod_mode(args__get(&ev->hdr, regs, 2));
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);

	return lookup__submit(ctx, &ev->hdr);
}
