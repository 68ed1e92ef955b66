/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A thread ends.  The end of the last thread is the end of the process: that record goes through the life-cycle ring
 * and has EVF_LIFECYCLE.  The ends of other threads are sent only when a rule needs procexit, through the volume ring.
 */
#include "lib/record/scope.h"

#define PF_EXITING 0x4
#define SIGNAL_GROUP_EXIT 0x4

/* Threads of a process, and ancestors, that are looked at for one that inherits children. */
#define REAPER_STEPS 1024

struct reaper_search {
	__u64 node;  /* thread_node of the next thread */
	__u64 head;  /* where the list ends */
	__u64 task;  /* next ancestor */
	__u32 level; /* of the pid namespace that the search must stay in */
	__u32 tid;   /* found */
};

static long reaper__thread_step(__u32 i, struct reaper_search *s)
{
	struct task_struct *thread;

	if (!s->node || s->node == s->head)
		return 1;
	thread = kernel__cast(struct task_struct, s->node - bpf_core_field_offset(struct task_struct, thread_node));
	if (!(kernel__get(thread, flags) & PF_EXITING)) {
		s->tid = kernel__get(thread, pid);
		return 1;
	}
	s->node = kernel__addr(thread, thread_node.next);
	return 0;
}

/* Thread of the process with this signal_struct that is not ending; 0: none. */
static __noinline __u32 reaper__alive_thread(__u64 signal)
{
	struct reaper_search s = {};

	s.head = signal + bpf_core_field_offset(struct signal_struct, thread_head);
	s.node = kernel__word((void *)s.head);
	bpf_loop(REAPER_STEPS, reaper__thread_step, &s, 0);
	return s.tid;
}

static long reaper__ancestor_step(__u32 i, struct reaper_search *s)
{
	struct task_struct *task = kernel__cast(struct task_struct, s->task);
	__u64 signal = kernel__addr(task, signal), parent = kernel__addr(task, real_parent);
	struct pid *pid = kernel__cast(struct pid, kernel__addr(task, thread_pid));

	if (!s->task || s->task == parent || kernel__get(pid, level) != s->level)
		return 1;
	if (kernel__bits(kernel__cast(struct signal_struct, signal), is_child_subreaper)) {
		s->tid = reaper__alive_thread(signal);
		if (s->tid)
			return 1;
	}
	s->task = parent;
	return 0;
}

/* Thread that gets the children of the ending one, as find_new_reaper of the kernel chooses; 0: there are none. */
static __always_inline __u32 reaper__find(struct task_struct *task)
{
	__u64 signal = kernel__addr(task, signal);
	struct reaper_search s = {};
	struct pid_namespace *ns;
	__u32 tid;

	/* An empty list: its head points to itself. */
	if (kernel__word((void *)kernel__addr(task, children.next)) == kernel__addr(task, children.next))
		return 0;
	tid = reaper__alive_thread(signal);
	if (tid)
		return tid;
	s.level = task->thread_pid->level;
	s.task = kernel__addr(task, real_parent);
	if (kernel__bits(kernel__cast(struct signal_struct, signal), has_child_subreaper))
		bpf_loop(REAPER_STEPS, reaper__ancestor_step, &s, 0);
	if (s.tid)
		return s.tid;
	ns = kernel__cast(struct pid_namespace, task__pid_ns(task));
	return kernel__get(kernel__cast(struct task_struct, kernel__addr(ns, child_reaper)), pid);
}

/* Wait status: of the process at its end, of the thread before. */
static __always_inline __u32 exit__status(struct task_struct *task, bool last)
{
	if (!last)
		return task->exit_code;
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_exit, struct task_struct *self)
{
	struct task_struct *task = kernel__current();
	bool last = task->signal->live.counter == 0;
	enum scope_life scope = scope__life(task);
	struct ev_procexit ev = {};
	__u32 status;

	if (last)
		scope__leave(task->tgid);
	if (scope == SCOPE_OUT || (!last && !g_cfg.want_thread_exit))
		return 0;
	event__start(&ev.hdr, task, EV_PROCEXIT, EV_SLOT_PROCEXIT, event__fixed(procexit), 0);
	if (scope == SCOPE_STATE_ONLY)
		ev.hdr.flags |= EVF_STATE_ONLY;
	status = exit__status(task, last);
	ev.status = status;
	ev.ret = status >> 8 & 0xff;
	ev.sig = status & 0x7f;
	ev.core = status >> 7 & 1;
	ev.reaper_tid = reaper__find(task);
	ev.last = last;
	return event__submit_small(&ev.hdr, event__fixed(procexit), last);
}
