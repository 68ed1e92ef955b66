/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/clone.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_clone, struct pt_regs *regs, long ret)
{
	struct ev_clone *ev = event__begin(clone, CLONE);

	if (!ev)
		return 0;

	return clone__report(ev, ret, args__get(&ev->hdr, regs, 0));
}
