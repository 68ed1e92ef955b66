/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A process is born, before it runs for the first time.  Runs in the parent, which the header describes.
 */
#include "lib/param/args.h"
#include "lib/record/scope.h"

/* Flags of the call that the parent is in; 0 for fork. */
static __always_inline __u64 fork__flags(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	bool ia32 = ARCH_HAS_IA32 && arch__is_compat(task);
	__u64 arg = arch__arg(regs, ia32, 0), flags = 0;
	__u32 nr = arch__syscall(regs);

	if (nr == SYSCALL_CLONE3) /* the same number in both tables */
		bpf_probe_read_user(&flags, sizeof(flags), (void *)arg);
	else if (nr == (ia32 ? SYSCALL_IA32_CLONE : SYSCALL_CLONE))
		flags = arg;
	else if (nr == (ia32 ? SYSCALL_IA32_VFORK : SYSCALL_VFORK))
		flags = CLONE_VFORK | CLONE_VM;
	return flags;
}

/* Put the flags aside for the child's record of clone3, that of a thread included, when that event is wanted. */
static __always_inline void fork__keep_flags(struct task_struct *child, __u64 flags)
{
	__u32 tid = kernel__get(child, pid);

	if (g_wanted64[SYSCALL_CLONE3])
		bpf_map_update_elem(&clone3_flags, &tid, &flags, 0 /* BPF_ANY */);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_fork, struct task_struct *parent, struct task_struct *child_task)
{
	struct task_struct *task = kernel__current(), *child = kernel__cast(struct task_struct, child_task);
	struct ev_proc_fork ev = {};
	__u64 pid, flags = fork__flags(task);
	enum scope_life scope;

	fork__keep_flags(child, flags);
	/* Threads are not kept. */
	if (kernel__get(child, tgid) == task->tgid)
		return 0;
	/* What the sensor itself starts is not the sensor. */
	scope = scope__life_of_child(task);
	if (scope == SCOPE_OUT)
		return 0;
	scope__inherit(kernel__get(child, tgid));
	event__start(&ev.hdr, task, EV_PROC_FORK, EV_SLOT_PROC_FORK, event__fixed(proc_fork), 0);
	if (scope == SCOPE_STATE_ONLY)
		ev.hdr.flags |= EVF_STATE_ONLY;
	ev.child_tid = kernel__get(child, pid);
	ev.child_tgid = kernel__get(child, tgid);
	ev.child_start_ns = kernel__get(child, start_boottime);
	pid = kernel__addr(child, thread_pid);
	ev.child_vtid = pid__vnr(pid);
	ev.child_vpid = ev.child_vtid;
	ev.flags = native__clone_flags(flags);
	ev.pid_ns = task__pid_ns_inum(child);
	ev.pidns_start_ns = task__pidns_start(child);
	ev.child_cgroup_id = cgroup_key__of_task(child);
	return event__submit_small(&ev.hdr, event__fixed(proc_fork), true);
}
