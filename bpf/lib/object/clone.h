/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The events of clone, clone3, fork and vfork: one layout, reported by the parent with the child's pid and by the
 * child with 0.
 */
#ifndef TIERCEL_CLONE_H
#define TIERCEL_CLONE_H

#include "lib/object/proc.h"

#define CLONE_SAME_LAYOUT(name)                                                                    \
	_Static_assert(__builtin_offsetof(struct ev_##name, pidns_init_start_ts) ==                \
				       __builtin_offsetof(struct ev_clone, pidns_init_start_ts) && \
			       __builtin_offsetof(struct ev_##name, tail) ==                       \
				       __builtin_offsetof(struct ev_clone, tail),                  \
		       "ev_" #name " is filled as ev_clone")

CLONE_SAME_LAYOUT(clone3);
CLONE_SAME_LAYOUT(fork);
CLONE_SAME_LAYOUT(vfork);

/* Index of the param flags. */
#define CLONE_PARAM_FLAGS 15

/* Flags of the call in Falco's numbers, and whether the child is, or will be, in a pid namespace of its own. */
static __always_inline __u32 clone__flags(struct task_struct *task, __u64 flags)
{
	struct pid_namespace *ns = kernel__cast(struct pid_namespace, task__pid_ns(task));
	__u32 out = native__clone_flags(flags);

	if (kernel__get(ns, level) || kernel__addr(task->nsproxy, pid_ns_for_children) != task__pid_ns(task))
		out |= EV_CLONE_FLAGS_CLONE_CHILD_IN_PIDNS;
	return out;
}

static __always_inline int clone__report(struct ev_clone *ev, long ret, __u64 flags)
{
	struct task_struct *task = kernel__current();

	ev->res = ret;
	if (ret >= 0)
		proc__fill_argv(ev);
	proc__fill(ev);
	ev->flags = clone__flags(task, flags);
	ev->vtid = ev->hdr.vtid;
	ev->vpid = ev->hdr.vpid;
	ev->pidns_init_start_ts = task__pidns_start(task);

	return event__submit(&ev->hdr);
}

#endif
