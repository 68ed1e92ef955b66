/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_symlink, struct pt_regs *regs, long ret)
{
	struct ev_symlink *ev = event__begin(symlink, SYMLINK);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->target = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 0));
	args__path(&ev->hdr, &ev->linkpath, args__get(&ev->hdr, regs, 1), AT_FDCWD);
	lookup__want_text(&ev->hdr, &ev->target);
	lookup__want_second(&ev->hdr, &ev->linkpath, AT_FDCWD, LOOKUP_ENTRY);

	return lookup__submit(ctx, &ev->hdr);
}
