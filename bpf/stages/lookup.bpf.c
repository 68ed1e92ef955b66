/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What a filler goes on with when the record has names that lead somewhere: see lib/path/lookup.h.
 */
#include "lib/path/other_names.h"
#include "lib/path/realpath.h"
#include "lib/path/lookup_walk.h"

static long lookup__strip_step(__u32 i, struct lookup_ctx *ctx)
{
	struct lookup *l = ctx->l;

	if (!l->len || *lookup_walk__text(l, 0, l->len - 1) != '/')
		return 1;
	l->len--;
	return 0;
}

/* Start at the directory that `name` of the record starts from; false without one. */
static __always_inline bool lookup__start(struct lookup *l, struct record *rec, struct ev_ref name, int dirfd)
{
	struct task_struct *task = kernel__current();
	struct lookup_ctx ctx = { .l = l };
	__u32 off = name.off, len = name.len;
	__u64 file;

	barrier_var(off); /* one register each for check and use */
	barrier_var(len);
	if (off > EV_MAX_LEN || len >= PATH_MAX)
		return false;
	bpf_probe_read_kernel(lookup_walk__text(l, 0, 0), len, &rec->bytes[off]);
	l->half = 0;
	l->at = 0;
	l->len = len;
	l->part_len = 0;
	l->links = 0;
	l->scans = LOOKUP_ENTRIES / LOOKUP_ENTRIES_AT_ONCE;
	l->state = LOOKUP_GOES_ON;
	l->root_mount = path__mount(kernel__addr(task->fs, root.mnt));
	l->root_dentry = kernel__addr(task->fs, root.dentry);
	*lookup_walk__text(l, 0, len) = 0;
	if (*lookup_walk__text(l, 0, 0) == '/') {
		lookup_walk__enter(l, l->root_mount, l->root_dentry);
	} else if (dirfd == AT_FDCWD) {
		lookup_walk__jump(l, &task->fs->pwd);
	} else {
		file = args__file(dirfd);
		if (!file)
			return false;
		lookup_walk__jump(l, &kernel__cast(struct file, file)->f_path);
	}
	bpf_loop(PATH_MAX, lookup__strip_step, &ctx, 0);
	*lookup_walk__text(l, 0, l->len) = 0;
	/* A slash at the end says that the name is a directory's, of which there are no links. */
	if (l->how == LOOKUP_NOFOLLOW && l->len < len)
		l->how = LOOKUP_OBJECT;
	return l->state == LOOKUP_GOES_ON;
}

/* --- The result --- */

/* Append "/name", the component at hand, to the path at the end of the record. */
static __always_inline __u32 lookup__append(struct record *rec, struct lookup *l, __u32 packed)
{
	__u32 off = packed & 0xffff, len = packed >> 16, end = rec->hdr.len, name = l->part_len;

	if (!packed || end > EV_MAX_LEN - NAME_MAX - 1 || name > NAME_MAX) {
		event__cut(rec);
		return 0;
	}
	if (len > 1)
		rec->bytes[end++] = '/';
	bpf_probe_read_kernel(&rec->bytes[end], name, l->part);
	end += name;
	rec->hdr.len = end;
	return off | (end - off) << 16;
}

/* Mounts that may lie on top of each other in one place. */
#define LOOKUP_STACK 8

/* From what is mounted somewhere to the place itself. */
static __always_inline void lookup__uncover(struct lookup *l)
{
	struct mount *mount;
	__u64 parent;

	for (int i = 0; i < LOOKUP_STACK && l->dentry == l->mnt_root; i++) {
		mount = kernel__cast(struct mount, l->mount);
		parent = kernel__addr(mount, mnt_parent);
		if (parent == l->mount)
			return;
		lookup_walk__enter(l, parent, kernel__addr(mount, mnt_mountpoint));
	}
}

/* Append what the walk found to the record. */
static __always_inline __u32 lookup__emit(struct record *rec, struct lookup *l)
{
	__u64 inode = kernel__addr(kernel__cast(struct dentry, l->dentry), d_inode);
	bool named = l->how == LOOKUP_ENTRY && l->part_len;
	__u32 packed;

	/* What the call itself has changed may have put something else in the directory's place. */
	if (named && (kernel__get(kernel__cast(struct inode, inode), i_mode) & S_IFMT) != S_IFDIR)
		return 0;
	if (l->how == LOOKUP_MOUNT)
		lookup__uncover(l);
	packed = path__real_path(rec, l->mount + bpf_core_field_offset(struct mount, mnt), l->dentry);
	return named ? lookup__append(rec, l, packed) : packed;
}

static __always_inline void lookup__count(void)
{
	struct probe_stats *counters = event__stats();

	if (counters)
		counters->unresolved++;
}

/* Do a job: the real path goes to the end of the record, and its ref into the path param. */
__noinline int lookup__do(struct record *rec, __u32 job)
{
	struct lookup *l = lookup__get();
	struct lookup_ctx ctx = { .l = l };
	struct ev_path *path;
	__u32 at;

	if (!rec || !l || job >= LOOKUP_JOBS)
		return 0;
	at = l->jobs[job].path;
	if (at > EV_MAX_LEN || l->jobs[job].how > LOOKUP_MOUNT)
		return 0;
	path = (struct ev_path *)&rec->bytes[at];
	l->how = l->jobs[job].how;
	if (!path->name.off || !lookup__start(l, rec, path->name, l->jobs[job].dirfd))
		return 0;
	bpf_loop(LOOKUP_STEPS, lookup_walk__step, &ctx, 0);
	if (l->state == LOOKUP_FOUND)
		path->real = event__unpack(lookup__emit(rec, l));
	else
		lookup__count();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(lookup_names, struct pt_regs *regs, long ret)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);
	struct lookup *l = lookup__get();
	__u32 reserved;

	if (!rec || !l)
		return 0;
	lookup__do(rec, 0);
	if (l->count > 1)
		lookup__do(rec, 1);
	reserved = rec->hdr.reserved;
	event__submit(&rec->hdr);
	if (!l->twins)
		return 0;
	rec->hdr.reserved = reserved;
	return other_names__send_twin(rec);
}
