/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_symlinkat, struct pt_regs *regs, long ret)
{
	struct ev_symlinkat *ev = event__begin(symlinkat, SYMLINKAT);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->target = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 0));
	ev->linkdirfd = args__int(&ev->hdr, regs, 1);
	args__path(&ev->hdr, &ev->linkpath, args__get(&ev->hdr, regs, 2), ev->linkdirfd);
	lookup__want_text(&ev->hdr, &ev->target);
	lookup__want_second(&ev->hdr, &ev->linkpath, ev->linkdirfd, LOOKUP_ENTRY);
	file__fill(&ev->hdr, &ev->file, ev->linkdirfd, EV_ROLE_NONE);

	return lookup__submit(ctx, &ev->hdr);
}
