/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_chdir, struct pt_regs *regs, long ret)
{
	struct ev_chdir *ev = event__begin(chdir, CHDIR);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->path = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 0));

	return event__submit(&ev->hdr);
}
