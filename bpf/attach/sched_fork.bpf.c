/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A process is born, before it runs for the first time.  Runs in the parent, which the header describes.
 */
#include "lib/scope.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_fork, struct task_struct *parent, struct task_struct *child_task)
{
	struct task_struct *task = kernel__current(), *child = kernel__cast(struct task_struct, child_task);
	struct ev_proc_fork ev = {};
	enum scope_life scope;
	__u64 pid;

	/* Threads are not kept. */
	if (kernel__get(child, tgid) == task->tgid)
		return 0;
	/* What the sensor itself starts is not the sensor. */
	scope = scope__life_of_child(task);
	if (scope == SCOPE_OUT)
		return 0;
	scope__inherit(kernel__get(child, tgid));
	event__start(&ev.hdr, EV_PROC_FORK, EV_SLOT_PROC_FORK, __builtin_offsetof(struct ev_proc_fork, tail), 0);
	if (scope == SCOPE_STATE_ONLY)
		ev.hdr.flags |= EVF_STATE_ONLY;
	ev.child_tid = kernel__get(child, pid);
	ev.child_tgid = kernel__get(child, tgid);
	ev.child_start_ns = kernel__get(child, start_boottime);
	pid = kernel__addr(child, thread_pid);
	ev.child_vtid = pid__vnr(pid);
	ev.child_vpid = ev.child_vtid;
	ev.pid_ns = task__pid_ns_inum(child);
	return event__submit_small(&ev.hdr, __builtin_offsetof(struct ev_proc_fork, tail), true);
}
