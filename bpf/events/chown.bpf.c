/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_chown, struct pt_regs *regs, long ret)
{
	struct ev_chown *ev = event__begin(chown, CHOWN);

	if (!ev)
		return 0;

	ev->res = ret;
	args__path(&ev->hdr, &ev->path, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	lookup__want(&ev->hdr, &ev->path, AT_FDCWD, LOOKUP_OBJECT);
	ev->uid = args__id(&ev->hdr, regs, 1);
	ev->gid = args__id(&ev->hdr, regs, 2);

	return lookup__submit(ctx, &ev->hdr);
}
