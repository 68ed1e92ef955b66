/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the thread has after the call, whether or not it changed anything.
 */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_capset, struct pt_regs *regs, long ret)
{
	struct ev_capset *ev = event__begin(capset, CAPSET);
	struct task_struct *task = kernel__current();

	if (!ev)
		return 0;

	ev->res = ret;
	ev->cap_inheritable = task__caps(&task->cred->cap_inheritable);
	ev->cap_permitted = task__caps(&task->cred->cap_permitted);
	ev->cap_effective = task__caps(&task->cred->cap_effective);

	return event__submit(&ev->hdr);
}
