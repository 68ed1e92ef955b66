/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_init_module, struct pt_regs *regs, long ret)
{
	struct ev_init_module *ev = event__begin(init_module, INIT_MODULE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->length = args__get(&ev->hdr, regs, 1);
	ev->img = event__user_bytes(&ev->hdr, args__get(&ev->hdr, regs, 0), ev->length);
	ev->uargs = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 2));

	return event__submit(&ev->hdr);
}
