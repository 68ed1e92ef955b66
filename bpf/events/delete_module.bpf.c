/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_delete_module, struct pt_regs *regs, long ret)
{
	struct ev_delete_module *ev = event__begin(delete_module, DELETE_MODULE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->name = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 0));
	ev->flags = native__delete_module_flags(args__get(&ev->hdr, regs, 1));

	return event__submit(&ev->hdr);
}
