/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/clone.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_vfork, struct pt_regs *regs, long ret)
{
	struct ev_vfork *ev = event__begin(vfork, VFORK);

	if (!ev)
		return 0;

	return clone__report((struct ev_clone *)ev, ret, 0);
}
