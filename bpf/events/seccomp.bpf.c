/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_seccomp, struct pt_regs *regs, long ret)
{
	struct ev_seccomp *ev = event__begin(seccomp, SECCOMP);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->op = args__get(&ev->hdr, regs, 0);
	ev->flags = (__u32)args__get(&ev->hdr, regs, 1);

	return event__submit(&ev->hdr);
}
