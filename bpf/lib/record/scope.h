/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Which processes are watched.  The sensor itself never is.
 */
#ifndef TIERCEL_SCOPE_H
#define TIERCEL_SCOPE_H

#include "lib/record/event.h"

static __always_inline bool scope__in_tree(__u32 tgid)
{
	return bpf_map_lookup_elem(&scope_tasks, &tgid) != NULL;
}

/*
 * A key of which nothing is known yet counts as that of a container: the core sees the event, finds out, and puts its
 * verdict into the map.
 */
static __always_inline bool scope__is_host(struct task_struct *task)
{
	return cgroup_key__verdict(cgroup_key__of_task(task)) == PROBE_CGROUP_HOST;
}

/* Whether the current task, which may be the sensor's, is in the scope. */
static __always_inline bool scope__has_any(struct task_struct *task)
{
	switch (g_cfg.scope) {
	case PROBE_SCOPE_TREE:
		return scope__in_tree(task->tgid);
	case PROBE_SCOPE_CGROUP:
		return bpf_current_task_under_cgroup(&scope_cgroup, 0) == 1;
	case PROBE_SCOPE_CONTAINERS:
		return !scope__is_host(task);
	default:
		return true;
	}
}

/* Whether the current task is watched. */
static __always_inline bool scope__has(struct task_struct *task)
{
	return (__u32)task->tgid != g_cfg.self_tgid && scope__has_any(task);
}

/* The last thread of a CPU that was found in the watched tree: the next call is often its own, too. */
struct scope_memory {
	__u64 start_ns;
	__u32 tid;
	__u32 changes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scope_memory);
} scope_memory SEC(".maps");

/* The same for hooks of which there are many in a row.  A task in a tree stays in it until an event changes that. */
static __always_inline bool scope__still_has(struct task_struct *task)
{
	__u32 zero = 0, changes = g_cfg.scope_changes;
	struct scope_memory *memory;

	if (g_cfg.scope != PROBE_SCOPE_TREE)
		return scope__has(task);
	memory = bpf_map_lookup_elem(&scope_memory, &zero);
	if (!memory)
		return scope__has(task);
	if (memory->start_ns == task->start_boottime && memory->tid == (__u32)task->pid && memory->changes == changes)
		return true;
	if (!scope__has(task))
		return false;
	memory->start_ns = task->start_boottime;
	memory->tid = task->pid;
	memory->changes = changes;
	return true;
}

/*
 * A process may come into a cgroup after it was born: the ancestors of a watched process are found only when the life
 * of all processes is followed.  Outside the scope it is reported with EVF_STATE_ONLY, for the process table and for
 * no rule.  A tree needs none of that.
 */
enum scope_life {
	SCOPE_OUT,
	SCOPE_STATE_ONLY,
	SCOPE_IN,
};

static __always_inline enum scope_life scope__life_of_child(struct task_struct *task)
{
	if (scope__has_any(task))
		return SCOPE_IN;
	return g_cfg.scope == PROBE_SCOPE_TREE ? SCOPE_OUT : SCOPE_STATE_ONLY;
}

static __always_inline enum scope_life scope__life(struct task_struct *task)
{
	return (__u32)task->tgid == g_cfg.self_tgid ? SCOPE_OUT : scope__life_of_child(task);
}

/* A child of a process in the tree is in the tree. */
static __always_inline void scope__inherit(__u32 child)
{
	struct probe_stats *counters;
	__u8 one = 1;

	if (g_cfg.scope != PROBE_SCOPE_TREE)
		return;
	if (!bpf_map_update_elem(&scope_tasks, &child, &one, 0 /* BPF_ANY */))
		return;
	counters = event__stats();
	if (counters)
		counters->scope_full++;
}

static __always_inline void scope__leave(__u32 tgid)
{
	if (g_cfg.scope == PROBE_SCOPE_TREE)
		bpf_map_delete_elem(&scope_tasks, &tgid);
}

#endif
