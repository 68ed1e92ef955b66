/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Control groups come and go, and processes move between them.  The kernel calls these hooks one at a time on the whole
 * machine, under the lock of the buffer that it puts the path in.
 */
#include "lib/object/cgroup.h"
#include "lib/record/scope.h"

/* Who makes a group in a watched tree need not be a process of it; who makes one outside is of no interest there. */
static __always_inline bool cgroups__are_in_scope(struct task_struct *maker)
{
	return g_cfg.scope != PROBE_SCOPE_TREE || scope__in_tree(maker->tgid);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *made, const char *path)
{
	struct cgroup *cgroup = kernel__cast(struct cgroup, made);
	struct task_struct *task = kernel__current();
	struct ev_cgroup_new *ev;

	if (!cgroup_key__is_followed(cgroup) || !cgroups__are_in_scope(task))
		return 0;
	ev = event__struct(cgroup_new, SCRATCH_CGROUP);
	if (!ev)
		return 0;
	event__start(&ev->hdr, task, EV_CGROUP_NEW, EV_SLOT_CGROUP_NEW, event__fixed(cgroup_new), SCRATCH_CGROUP);
	ev->id = cgroup_key__id(cgroup);
	ev->is_key = !g_cfg.v1_controllers;
	ev->path = event__kernel_str(&ev->hdr, path);
	return event__submit_life(&ev->hdr);
}

/* Reported for all groups: the process that removes a group need not be the one that made it. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *gone)
{
	struct cgroup *cgroup = kernel__cast(struct cgroup, gone);
	struct task_struct *task = kernel__current();
	struct ev_cgroup_gone ev = {};

	if (!cgroup_key__is_followed(cgroup))
		return 0;
	event__start(&ev.hdr, task, EV_CGROUP_GONE, EV_SLOT_CGROUP_GONE, event__fixed(cgroup_gone), 0);
	ev.id = cgroup_key__id(cgroup);
	return event__submit_small(&ev.hdr, event__fixed(cgroup_gone), true);
}

/*
 * A process is in another group now, of a hierarchy whose names may contain its container.  The header describes that
 * process, and not the one that moved it.  A thread that moves alone stays a thread of its process: its own records
 * have its key.
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_move, struct cgroup *to, const char *path, struct task_struct *moved)
{
	struct task_struct *task = kernel__cast(struct task_struct, moved);
	__u32 tgid = kernel__get(task, tgid), hierarchy = cgroup_key__hierarchy(kernel__cast(struct cgroup, to));
	struct ev_cgroup_move *ev;

	if (hierarchy < 64 && !(g_cfg.key_hierarchies >> hierarchy & 1))
		return 0;
	if (kernel__get(task, pid) != tgid || task__has_ended(task) ||
	    (g_cfg.scope == PROBE_SCOPE_TREE && !scope__in_tree(tgid)))
		return 0;
	ev = event__struct(cgroup_move, SCRATCH_CGROUP);
	if (!ev)
		return 0;
	event__start(&ev->hdr, task, EV_CGROUP_MOVE, EV_SLOT_CGROUP_MOVE, event__fixed(cgroup_move), SCRATCH_CGROUP);
	/* It may be outside of the watched group, so its move is no reason for a lookup of its container. */
	if (g_cfg.scope == PROBE_SCOPE_CGROUP)
		ev->hdr.flags |= EVF_STATE_ONLY;
	ev->cgroups = event__unpack(cgroup__param((struct record *)ev, kernel__addr(task, cgroups)));
	return event__submit_life(&ev->hdr);
}
