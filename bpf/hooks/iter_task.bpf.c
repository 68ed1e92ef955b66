/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The processes that run when the sensor starts, one proc_seed record each, read from the iterator's descriptor. On its
 * way it meets the sensor itself, takes note of its root directory, and finds the table of directory entries from
 * there.
 */
#include "lib/path/dcache.h"
#include "lib/path/path.h"
#include "lib/object/proc.h"
#include "lib/record/scope.h"

static __always_inline void seed__note_root(struct task_struct *sensor)
{
	g_root.mount = path__mount(kernel__addr(sensor->fs, root.mnt));
	g_root.ns = kernel__addr(sensor->nsproxy, mnt_ns);
	g_root.dentry = kernel__addr(sensor->fs, root.dentry);
	dcache__survey(g_root.dentry);
}

/* Write the record to the reader of the iterator's descriptor. */
static __always_inline void seed__write(struct bpf_iter__task *ctx, struct record *rec)
{
	__u32 len = rec->hdr.len;

	barrier_var(len); /* one register for check and use */
	if (len > EV_MAX_LEN)
		return;
	rec->hdr.reserved = 0;
	bpf_seq_write(ctx->meta->seq, rec, len);
}

static __always_inline void seed__fill_resources(struct ev_proc_seed *ev, struct task_struct *task)
{
	const struct cred *cred = task->cred;
	struct mm_struct *mm = task->mm;

	ev->fdlimit = task__rlimit(task, RLIMIT_NOFILE);
	ev->pgft_maj = task->maj_flt;
	ev->pgft_min = task->min_flt;
	ev->cap_inheritable = task__caps(&cred->cap_inheritable);
	ev->cap_permitted = task__caps(&cred->cap_permitted);
	ev->cap_effective = task__caps(&cred->cap_effective);
	if (!mm)
		return;
	ev->vm_size = mm->total_vm * PAGE_KIB;
	ev->vm_rss = mem__rss_pages(mm) * PAGE_KIB;
	ev->vm_swap = compat__rss_pages(mm, MM_SWAPENTS) * PAGE_KIB;
}

SEC("iter/task")
int iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *parent;
	struct ev_proc_seed *ev;

	if (!task)
		return 0;
	task = kernel__cast(struct task_struct, task);
	if (kernel__get(task, pid) != kernel__get(task, tgid) || task__has_ended(task))
		return 0;
	if ((__u32)kernel__get(task, tgid) == g_cfg.self_tgid)
		seed__note_root(task);
	ev = event__struct(proc_seed, SCRATCH_SEED);
	if (!ev)
		return 0;
	event__start(&ev->hdr, task, EV_PROC_SEED, EV_SLOT_PROC_SEED, event__fixed(proc_seed), SCRATCH_SEED);
	ev->hdr.flags = EVF_LIFECYCLE;
	parent = task->real_parent;
	ev->ppid = parent->tgid;
	ev->pstart_ns = parent->group_leader->start_boottime;
	ev->tty = task__tty(task);
	ev->sid = pid__vnr(task__pid(task, PIDTYPE_SID));
	ev->pgid = pid__nr(task__pid(task, PIDTYPE_PGID));
	ev->vpgid = pid__vnr(task__pid(task, PIDTYPE_PGID));
	ev->pidns_start_ns = task__pidns_start(task);
	seed__fill_resources(ev, task);
	ev->cgroups = event__unpack(cgroup__param((struct record *)ev, kernel__addr(task, cgroups)));
	seed__write(ctx, (struct record *)ev);
	return 0;
}
