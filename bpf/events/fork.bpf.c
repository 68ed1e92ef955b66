/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/clone.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fork, struct pt_regs *regs, long ret)
{
	struct ev_fork *ev = event__begin(fork, FORK);

	if (!ev)
		return 0;

	return clone__report((struct ev_clone *)ev, ret, 0);
}
