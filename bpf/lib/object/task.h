/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the header and the process params say of a task, by direct loads from task_struct.
 */
#ifndef TIERCEL_TASK_H
#define TIERCEL_TASK_H

#include "lib/kernel/compat.h"
#include "lib/record/cgroup_key.h"

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
	PIDTYPE_PGID,
	PIDTYPE_SID,
};

/* A pid as its own, innermost namespace numbers it; `pid` is the address of a struct pid. */
static __always_inline __u64 pid__upid(__u64 addr)
{
	struct pid *pid = kernel__cast(struct pid, addr);

	return addr + bpf_core_field_offset(struct pid, numbers) +
	       (__u64)kernel__get(pid, level) * bpf_core_type_size(struct upid);
}

static __always_inline __u32 pid__vnr(__u64 addr)
{
	struct upid *upid = kernel__cast(struct upid, pid__upid(addr));

	return kernel__get(upid, nr);
}

/* Number in the initial namespace. */
static __always_inline __u32 pid__nr(__u64 addr)
{
	struct pid *pid = kernel__cast(struct pid, addr);

	return kernel__get(pid, numbers[0].nr);
}

/* Number in the namespace at address `ns`, 0 if it is not visible there. */
static __always_inline __u32 pid__nr_in(__u64 addr, __u64 ns)
{
	__u32 level = kernel__get(kernel__cast(struct pid_namespace, ns), level);
	__u64 at = addr + bpf_core_field_offset(struct pid, numbers) + (__u64)level * bpf_core_type_size(struct upid);
	struct upid *upid = kernel__cast(struct upid, at);

	if (level > kernel__get(kernel__cast(struct pid, addr), level) || kernel__addr(upid, ns) != ns)
		return 0;
	return kernel__get(upid, nr);
}

static __always_inline __u64 task__pid(struct task_struct *task, enum pid_type type)
{
	if (type == PIDTYPE_PID)
		return kernel__addr(task, thread_pid);
	return kernel__word((void *)(kernel__addr(task, signal) + bpf_core_field_offset(struct signal_struct, pids) +
				     type * sizeof(void *)));
}

/* Address of the pid namespace that the task itself is in (not the one that its children would get). */
static __always_inline __u64 task__pid_ns(struct task_struct *task)
{
	struct upid *upid = kernel__cast(struct upid, pid__upid(kernel__addr(task, thread_pid)));

	return kernel__addr(upid, ns);
}

static __always_inline __u32 task__pid_ns_inum(struct task_struct *task)
{
	struct pid_namespace *ns = kernel__cast(struct pid_namespace, task__pid_ns(task));

	return kernel__get(ns, ns.inum);
}

/* Start of the first process of the task's pid namespace. */
static __always_inline __u64 task__pidns_start(struct task_struct *task)
{
	struct pid_namespace *ns = kernel__cast(struct pid_namespace, task__pid_ns(task));

	return kernel__get(kernel__cast(struct task_struct, kernel__addr(ns, child_reaper)), start_boottime);
}

/* Device number of the controlling terminal, in the encoding of stat(2). */
static __always_inline __u32 task__tty(struct task_struct *task)
{
	struct tty_struct *tty = task->signal->tty;
	__u32 major, minor;

	if (!tty)
		return 0;
	major = tty->driver->major;
	minor = tty->driver->minor_start + tty->index;
	return file__encode_dev(major << 20 | minor);
}

/* A set of capabilities, as far as they have names; 64 bits in every kernel, though not always one number. */
static __always_inline __u64 task__caps(const kernel_cap_t *caps)
{
	return kernel__word(caps) & ((1ULL << (CAP_LAST_CAP + 1)) - 1);
}

/* Soft limit of a resource. */
static __always_inline __u64 task__rlimit(struct task_struct *task, const int resource)
{
	return task->signal->rlim[resource].rlim_cur;
}

/* Whether all threads of the task's process have ended; its parent may not have waited for it yet. */
static __always_inline bool task__has_ended(struct task_struct *task)
{
	return !kernel__get(kernel__cast(struct signal_struct, kernel__addr(task, signal)), live.counter);
}

/* The header of a record of `task`, for the hook that runs now.  Every member is set. */
static __always_inline void task__header(struct ev_hdr *hdr, struct task_struct *task, __u16 type)
{
	struct pid *pid;
	__u32 vtid, vpid;

	hdr->type = type;
	hdr->flags = 0;
	hdr->time_ns = bpf_ktime_get_boot_ns();
	hdr->start_ns = task->group_leader->start_boottime;
	hdr->cgroup_id = cgroup_key__of_task(task);
	hdr->tid = task->pid;
	hdr->tgid = task->tgid;
	pid = task->thread_pid;
	if (pid->level == 0) {
		vtid = hdr->tid;
		vpid = hdr->tgid;
	} else {
		vtid = pid__vnr(task__pid(task, PIDTYPE_PID));
		vpid = hdr->tid == hdr->tgid ? vtid : pid__vnr(task__pid(task, PIDTYPE_TGID));
	}
	hdr->vtid = vtid;
	hdr->vpid = vpid;
	hdr->ptgid = task->real_parent->tgid;
	hdr->uid = task->cred->euid.val;
	hdr->gid = task->cred->egid.val;
	hdr->loginuid = task__loginuid(task);
	hdr->mnt_ns = task->nsproxy->mnt_ns->ns.inum;
	hdr->pid_ns = task__pid_ns_inum(task);
	hdr->absent = 0;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->syscall = 0xffff;
	hdr->cwd.off = 0;
	hdr->cwd.len = 0;
	hdr->reserved = 0;
	*(__u64 *)&hdr->comm[0] = kernel__word(&task->comm[0]);
	*(__u64 *)&hdr->comm[8] = kernel__word(&task->comm[8]);
}

#endif
