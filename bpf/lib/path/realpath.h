/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The real path of a file: path.h says what it is.  The common case, a file in the mount at "/", costs nothing more
 * than the mount path.
 */
#ifndef TIERCEL_REALPATH_H
#define TIERCEL_REALPATH_H

#include "lib/path/path.h"

/* How far an ancestor is from a dentry. */
struct path_climb {
	__u64 dentry;
	__u64 ancestor;
	__u32 steps;
	bool found;
};

static long path__climb_step(__u32 i, struct path_climb *c)
{
	struct dentry *dentry = kernel__cast(struct dentry, c->dentry);
	__u64 parent;

	if (c->dentry == c->ancestor) {
		c->found = true;
		return 1;
	}
	parent = kernel__addr(dentry, d_parent);
	if (parent == c->dentry)
		return 1;
	c->dentry = parent;
	c->steps++;
	return 0;
}

/* Steps from `dentry` up to `ancestor`, -1 if `ancestor` is not above it. */
static __always_inline int path__height(__u64 dentry, __u64 ancestor)
{
	struct path_climb c = { .dentry = dentry, .ancestor = ancestor };

	bpf_loop(PATH_STEPS, path__climb_step, &c, 0);
	return c.found ? (int)c.steps : -1;
}

/* The search among the mounts of a file system for the original one. */
struct path_search {
	__u64 mount; /* the one to look at next, 0: none */
	__u64 ns;    /* only mounts of this namespace count */
	__u64 root;  /* root dentry of the mount that was used: the original must show it too */
	__u64 sb;
	__u64 best;
	__u64 best_age;
	int best_height;
};

/* Look at one mount: does it belong to the namespace and show at least what the used mount shows? */
static long path__search_step(__u32 i, struct path_search *s)
{
	struct mount *mount = kernel__cast(struct mount, s->mount);
	int height;
	__u64 age;

	if (!s->mount)
		return 1;
	if (kernel__addr(mount, mnt_ns) == s->ns) {
		height = path__height(s->root, kernel__addr(mount, mnt.mnt_root));
		age = compat__mount_age(mount);
		if (height > s->best_height || (height >= 0 && height == s->best_height && age < s->best_age)) {
			s->best = s->mount;
			s->best_height = height;
			s->best_age = age;
		}
	}
	s->mount = compat__next_mount(s->sb, s->mount);
	return 0;
}

/*
 * The mount of file system `sb` in namespace `ns` that shows most of it and at least `root`; the oldest of equals; 0:
 * none.
 */
__noinline __u64 path__search(__u64 sb, __u64 ns, __u64 root)
{
	struct path_search s = { .sb = sb, .ns = ns, .root = root, .best_height = -1 };

	s.mount = compat__first_mount(sb);
	bpf_loop(PATH_MOUNTS, path__search_step, &s, 0);
	return s.best;
}

/*
 * Whether `ns` is a namespace that processes live in.  Detached mounts are in anonymous ones, whose inode number is 0
 * or, since 6.18, a fixed one; a mount that was taken out of its namespace has none; those of the kernel itself have
 * an error pointer.
 */
static __always_inline bool path__is_namespace(__u64 ns)
{
	struct mnt_namespace *mnt_ns = kernel__cast(struct mnt_namespace, ns);
	__u32 inum = kernel__get(mnt_ns, ns.inum);

	if (!ns || !inum)
		return false;
	if (bpf_core_enum_value_exists(enum init_ns_ino, MNT_NS_ANON_INO))
		return inum != (__u32)bpf_core_enum_value(enum init_ns_ino, MNT_NS_ANON_INO);
	return true;
}

/* Replace the mount path in `buf` by that through the original mount, where that is another one. */
static __always_inline void path__originate(struct path_buf *buf, __u32 index, __u64 used, __u64 dentry, __u64 own_ns)
{
	struct task_struct *task = kernel__current();
	struct mount *mount = kernel__cast(struct mount, used);
	__u64 ns = kernel__addr(mount, mnt_ns), sb = kernel__addr(mount, mnt.mnt_sb), top = buf->top, original;
	bool attached = ns == own_ns || path__is_namespace(ns), walked = false;

	if (!attached) {
		ns = own_ns;
		top = path__mount(kernel__addr(task->fs, root.mnt));
	}
	/* The mount at "/" shows the file under its usual name, if it shows the file at all. */
	if (top != used && kernel__addr(kernel__cast(struct mount, top), mnt.mnt_sb) == sb) {
		path__walk(index, top, dentry);
		if (buf->end != PATH_DETACHED) {
			buf->moved = true;
			return;
		}
		walked = true;
	}
	original = path__search(sb, ns, kernel__addr(mount, mnt.mnt_root));
	if (!original && attached)
		original = used;
	buf->moved = original != used;
	/* Without any mount that shows it, the name inside the file system is all there is. */
	if (walked || original != used)
		path__walk(index, original, dentry);
}

/*
 * Whether `used` needs no second look: it is where the task has its root, so that it is in a namespace, and all
 * components were found in it.
 */
static __always_inline bool path__is_plain(const struct path_buf *buf, struct task_struct *task, __u64 vfsmount)
{
	return vfsmount == kernel__addr(task->fs, root.mnt) && buf->top == path__mount(vfsmount);
}

/*
 * Leave the real path of `dentry`, which was reached through `vfsmount`, in the path buffer of scratch space `index`.
 */
static __always_inline void path__find_real(struct path_buf *buf, __u32 index, __u64 vfsmount, __u64 dentry)
{
	struct task_struct *task = kernel__current();
	__u64 used = path__mount(vfsmount), own_ns;

	path__walk(index, used, dentry);
	buf->moved = false;
	if (path__is_plain(buf, task, vfsmount))
		return;
	own_ns = kernel__addr(task->nsproxy, mnt_ns);
	if (buf->top != used || kernel__addr(kernel__cast(struct mount, used), mnt_ns) != own_ns)
		path__originate(buf, index, used, dentry, own_ns);
}

/* Append the real path of `dentry`, which was reached through `vfsmount`. */
__noinline __u32 path__real_path(struct record *rec, __u64 vfsmount, __u64 dentry)
{
	struct path_buf *buf;
	__u32 index;

	if (!rec)
		return 0;
	index = HDR_SCRATCH(&rec->hdr);
	buf = path__buf(index);
	if (!buf)
		return 0;
	path__find_real(buf, index, vfsmount, dentry);
	return path__emit(rec, buf);
}

#endif
