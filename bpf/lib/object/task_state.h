/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The thread and its process at the time of the event, as far as the loaded rules need it: struct ev_now.
 */
#ifndef TIERCEL_TASK_STATE_H
#define TIERCEL_TASK_STATE_H

#include "lib/object/cgroup.h"
#include "lib/object/file.h"
#include "lib/object/proc.h"

/* Words of the map of open descriptors that are counted: 65536 descriptors. */
#define TASK_STATE_FD_WORDS 1024

#define TASK_STATE_STREAMS 3

/* Bytes that the fixed parts take. */
#define TASK_STATE_ROOM (sizeof(struct ev_now) + TASK_STATE_STREAMS * sizeof(struct ev_file))

struct task_state_count {
	__u64 at;
	__u32 words;
	__u32 open;
};

static long task_state__count_step(__u32 i, struct task_state_count *c)
{
	if (i >= c->words)
		return 1;
	c->open += __builtin_popcountll(kernel__word((void *)(c->at + (__u64)i * sizeof(__u64))));
	return 0;
}

/* Count the open descriptors; false when there are too many, or none are left of a process that ends. */
static __always_inline bool task_state__count_fds(struct task_struct *task, __u32 *open)
{
	struct files_struct *files = kernel__cast(struct files_struct, kernel__addr(task, files));
	struct fdtable *fdt = kernel__cast(struct fdtable, kernel__addr(files, fdt));
	struct task_state_count c = { .at = kernel__addr(fdt, open_fds), .words = kernel__get(fdt, max_fds) / 64 };

	if (!c.words || c.words > TASK_STATE_FD_WORDS)
		return false;
	bpf_loop(TASK_STATE_FD_WORDS, task_state__count_step, &c, 0);
	*open = c.open;
	return true;
}

static __always_inline void task_state__fill_task(struct ev_now *now, struct task_struct *task)
{
	const struct cred *cred = task->cred;
	struct mm_struct *mm = task->mm;

	now->has = EV_NOW_TASK;
	now->cap_inheritable = task__caps(&cred->cap_inheritable);
	now->cap_permitted = task__caps(&cred->cap_permitted);
	now->cap_effective = task__caps(&cred->cap_effective);
	now->fdlimit = task__rlimit(task, RLIMIT_NOFILE);
	now->pgft_maj = task->maj_flt;
	now->pgft_min = task->min_flt;
	now->nthreads = task->signal->nr_threads;
	if (task_state__count_fds(task, &now->nfds))
		now->has |= EV_NOW_NFDS;
	if (!mm)
		return;
	now->has |= EV_NOW_MEMORY;
	now->vm_size = mm->total_vm * PAGE_KIB;
	now->vm_rss = mem__rss_pages(mm) * PAGE_KIB;
	now->vm_swap = compat__rss_pages(mm, MM_SWAPENTS) * PAGE_KIB;
}

/* Begin the tail, at `tail`, of a record of the current task. */
__noinline int task_state__fill(struct record *rec, __u32 tail)
{
	__u32 at = (tail + 7) & ~7U, want = g_cfg.needs_task_state;
	struct ev_now *now;

	if (!rec || at > EV_MAX_LEN - TASK_STATE_ROOM)
		return 0;
	now = (struct ev_now *)&rec->bytes[at];
	__builtin_memset(now, 0, TASK_STATE_ROOM);
	rec->hdr.len = at + sizeof(*now);
	rec->hdr.flags |= EVF_NOW;
	if (want & PROBE_STATE_TASK)
		task_state__fill_task(now, kernel__current());
	if (want & PROBE_STATE_STDIO) {
		now->has |= EV_NOW_STDIO;
		rec->hdr.len = at + TASK_STATE_ROOM;
		for (__u32 i = 0; i < TASK_STATE_STREAMS; i++)
			file__describe(rec, at + sizeof(*now) + i * sizeof(struct ev_file), args__file(i),
				       EV_ROLE_NONE);
	}
	if (want & PROBE_STATE_CGROUPS)
		now->cgroups = event__unpack(cgroup__param(rec, kernel__addr(kernel__current(), cgroups)));
	return 0;
}

#endif
