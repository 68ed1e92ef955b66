/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_chmod, struct pt_regs *regs, long ret)
{
	struct ev_chmod *ev = event__begin(chmod, CHMOD);

	if (!ev)
		return 0;

	ev->res = ret;
	args__path(&ev->hdr, &ev->filename, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	lookup__want(&ev->hdr, &ev->filename, AT_FDCWD, LOOKUP_OBJECT);
	ev->mode = native__chmod_mode(args__get(&ev->hdr, regs, 1));

	return lookup__submit(ctx, &ev->hdr);
}
