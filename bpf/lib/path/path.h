/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Paths of kernel objects, by walking from a dentry to the root of its mount namespace.
 *
 * Two answers are given (docs/decisions/2026-11-24-resolved-paths.md says why):
 *  - the *mount path*: the name below the mount that was used, as /proc/PID/fd shows it to a process at the root of
 *    the namespace.  The chroot of the process does not shorten it; that of the sensor does.
 *  - the *real path*: the mount path, unless the same file is visible through a more original mount of its file
 *    system in the same namespace: the one at "/", else the one that shows most of the file system, else the oldest.
 *    So bind mounts and clones of a mount do not give a file a second name.
 *
 * Nothing is locked.  Tracing programs run inside an RCU read-side section and dentries, their names and mounts are
 * freed under RCU, so that the memory stays what it is; a rename that happens during the walk may show in part.
 */
#ifndef TIERCEL_PATH_H
#define TIERCEL_PATH_H

#include "lib/record/event.h"

/* More steps than a path of PATH_MAX bytes has components, plus mounts. */
#define PATH_STEPS 4096
#define PATH_STEPS_AT_ONCE 4

/* Mounts of one file system that are looked at for the original one; see path__original. */
#define PATH_MOUNTS 1024

/*
 * What a walk needs at each step.  The position in the text is in the buffer: the verifier does not follow numbers
 * there, and so sees after one step that all further steps are alike.
 */
struct path_walk {
	__u64 dentry;
	__u64 mnt_root; /* root dentry of the mount that the walk is in */
	__u64 mount;
	__u64 root; /* g_root.dentry */
	struct path_buf *buf;
};

/* The struct mount around a struct vfsmount. */
static __always_inline __u64 path__mount(__u64 vfsmount)
{
	return vfsmount - bpf_core_field_offset(struct mount, mnt);
}

/*
 * Write a name of `len` bytes at `text`.  Short names are copied as whole words from their end: what a word holds in
 * front of the name lands in front of it, where the next component or nothing goes.  That saves a helper call for each
 * component.
 */
static __always_inline void path__copy_name(char *text, __u64 name, __u32 len)
{
	char *end = text + len;
	__u64 from = name + len;

	if (len > 32) {
		bpf_probe_read_kernel(text, len, (void *)name);
		return;
	}
	if (len > 16) {
		*(__u64 *)(end - 32) = kernel__word((void *)(from - 32));
		*(__u64 *)(end - 24) = kernel__word((void *)(from - 24));
	}
	*(__u64 *)(end - 16) = kernel__word((void *)(from - 16));
	*(__u64 *)(end - 8) = kernel__word((void *)(from - 8));
}

/* Put "/name" in front of what is there; false when there is no room. */
static __always_inline bool path__prepend(struct path_buf *buf, __u64 name, __u32 len)
{
	__u32 start = buf->pos - len;
	char *text;

	/* The bounds let the verifier see every write inside path_buf: text has slack on both sides. */
	if (len > NAME_MAX || start > PATH_MAX - 1 || !start)
		return false;
	text = buf->text + start;
	path__copy_name(text, name, len);
	text[-1] = '/';
	buf->pos = start - 1;
	return true;
}

/*
 * Whether the walk, at the dentry of the sensor's root, is at that root and not below a second mount of it.  In another
 * namespace the mounts are other objects, clones of those of the sensor.
 */
static __always_inline bool path__is_root(__u64 mount)
{
	return mount == g_root.mount || kernel__addr(kernel__cast(struct mount, mount), mnt_ns) != g_root.ns;
}

enum path_move {
	PATH_GOES_ON,
	PATH_AT_MOUNT, /* at the root of its mount */
	PATH_ENDS,
};

/*
 * Put the component at hand in front of the text and go to its directory, unless the walk ends or leaves the mount
 * here.
 */
static __always_inline enum path_move path__ascend(struct path_walk *w)
{
	struct dentry *dentry = kernel__cast(struct dentry, w->dentry);
	__u64 parent;

	if (w->dentry == w->root && path__is_root(w->mount)) {
		w->buf->end = PATH_ROOT;
		return PATH_ENDS;
	}
	if (w->dentry == w->mnt_root)
		return PATH_AT_MOUNT;
	parent = kernel__addr(dentry, d_parent);
	if (parent == w->dentry) {
		w->buf->end = PATH_DETACHED;
		return PATH_ENDS;
	}
	if (!path__prepend(w->buf, kernel__addr(dentry, d_name.name), kernel__get(dentry, d_name.len)))
		return PATH_ENDS;
	w->dentry = parent;
	w->buf->top = w->mount;
	return PATH_GOES_ON;
}

/* Go on at the mount point, in the mount below; false at the root of the namespace. */
static __always_inline bool path__cross(struct path_walk *w)
{
	struct mount *mount = kernel__cast(struct mount, w->mount);
	__u64 parent = kernel__addr(mount, mnt_parent);

	if (parent == w->mount) {
		w->buf->end = PATH_ROOT;
		return false;
	}
	w->dentry = kernel__addr(mount, mnt_mountpoint);
	w->mount = parent;
	mount = kernel__cast(struct mount, parent);
	w->mnt_root = kernel__addr(mount, mnt.mnt_root);
	return true;
}

/*
 * Several components at once: a return from a function costs as much as a component on processors whose return
 * predictor is not trusted (the kernel's return thunks).
 */
static long path__step(__u32 i, struct path_walk *w)
{
	enum path_move move = PATH_GOES_ON;

#pragma unroll
	for (int n = 0; n < PATH_STEPS_AT_ONCE && move == PATH_GOES_ON; n++)
		move = path__ascend(w);
	if (move == PATH_AT_MOUNT)
		return !path__cross(w);
	return move == PATH_ENDS;
}

static __always_inline struct path_buf *path__buf(__u32 index)
{
	return bpf_map_lookup_elem(&path_bufs, &index);
}

/*
 * Walk from `dentry` in `mount` (a struct mount; 0: up to the root of the file system, whatever is mounted where) and
 * leave the result in the path buffer of scratch space `index`.
 */
__noinline int path__walk(__u32 index, __u64 mount, __u64 dentry)
{
	struct path_buf *buf = path__buf(index);
	struct path_walk w = {
		.dentry = dentry,
		.mount = mount,
		.mnt_root = mount ? kernel__addr(kernel__cast(struct mount, mount), mnt.mnt_root) : 0,
		.root = g_root.dentry,
		.buf = buf,
	};

	if (!buf)
		return 0;
	buf->top = mount;
	buf->pos = PATH_MAX - 1;
	buf->end = PATH_CUT;
	bpf_loop(PATH_STEPS / PATH_STEPS_AT_ONCE, path__step, &w, 0);
	return 0;
}

/* Most paths are shorter than this. */
#define SHORT_TEXT 64

/* Copy a text out of the path buffer; a short one as whole words, more than it has, which both sides have room for. */
static __always_inline void path__copy_text(char *to, const char *from, __u32 len)
{
	if (len > SHORT_TEXT) {
		bpf_probe_read_kernel(to, len, from);
		return;
	}
#pragma unroll
	for (__u32 i = 0; i < SHORT_TEXT; i += 8)
		*(__u64 *)(to + i) = *(const __u64 *)(from + i);
}

/* Append what was walked to the record.  A path that was cut has its end, and no leading slash. */
static __always_inline __u32 path__emit(struct record *rec, struct path_buf *buf)
{
	__u32 off, len, pos = buf->pos;
	struct ev_ref ref;

	if (!event__room(rec, &off))
		return 0;
	if (pos >= PATH_MAX - 1) {
		/* No component at all: the root itself, or an object that never had a name. */
		if (buf->end != PATH_ROOT)
			return 0;
		pos = PATH_MAX - 2;
		buf->text[pos] = '/';
	} else if (buf->end == PATH_CUT) {
		event__cut(rec);
		pos++;
	}
	len = PATH_MAX - 1 - pos;
	if (len > TEXT_MAX)
		return 0;
	path__copy_text(&rec->bytes[off], &buf->text[pos], len);
	ref = event__took(rec, off, len);
	return ref.off | (__u32)ref.len << 16;
}

/* Append the mount path of `dentry` in `vfsmount`. */
__noinline __u32 path__mount_path(struct record *rec, __u64 vfsmount, __u64 dentry)
{
	struct path_buf *buf;
	__u32 index;

	if (!rec)
		return 0;
	index = HDR_SCRATCH(&rec->hdr);
	buf = path__buf(index);
	if (!buf)
		return 0;
	path__walk(index, path__mount(vfsmount), dentry);
	return path__emit(rec, buf);
}

/* Append the current directory, when the rules want it in the header. */
static __always_inline void path__fill_cwd(struct ev_hdr *hdr)
{
	struct task_struct *task = kernel__current();

	if (g_cfg.want_cwd)
		hdr->cwd = event__unpack(path__mount_path((struct record *)hdr, kernel__addr(task->fs, pwd.mnt),
							  kernel__addr(task->fs, pwd.dentry)));
}

#endif
