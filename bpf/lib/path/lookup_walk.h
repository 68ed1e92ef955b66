/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The steps of a lookup: one component after the other, from the directory at hand to the next, as the kernel does it.
 */
#ifndef TIERCEL_LOOKUP_WALK_H
#define TIERCEL_LOOKUP_WALK_H

#include "lib/path/lookup.h"

/* --- Text --- */

#define BYTES(byte) (0x0101010101010101ULL * (byte))

/* The top bit of each byte of `word` that is zero, and perhaps of some above the first such byte. */
static __always_inline __u64 lookup_walk__zero_bytes(__u64 word)
{
	return (word - BYTES(1)) & ~word & BYTES(0x80);
}

/*
 * The text from `at` on; the masks let the verifier see every access inside the map value.  The halves and the place
 * are added one after the other: the verifier of Linux 6.1 tracks no bounds of the OR that clang makes of their sum.
 */
static __always_inline char *lookup_walk__text(struct lookup *l, __u64 half, __u64 at)
{
	char *text = &l->text[(half & 1) * LOOKUP_ROOM];

	barrier_var(text);
	return text + (at & (PATH_MAX - 1));
}

/* Take the component at hand out of the text: everything up to a slash or the end. */
static __always_inline void lookup_walk__take(struct lookup *l)
{
	const char *from = lookup_walk__text(l, l->half, l->at);
	__u64 word, ends, below;

	for (__u32 i = 0; i < DCACHE_NAME_WORDS; i++) {
		word = *(const __u64 *)(from + 8 * i);
		ends = lookup_walk__zero_bytes(word) | lookup_walk__zero_bytes(word ^ BYTES('/'));
		if (!ends) {
			l->part[i] = word;
			continue;
		}
		below = ((ends & -ends) >> 7) - 1; /* all bits of the bytes in front of the first end */
		l->part[i] = word & below;
		l->part_len = 8 * i + ((below & BYTES(1)) * BYTES(1) >> 56);
		return;
	}
	l->part_len = NAME_MAX + 1;
}

/* --- Directories and mounts --- */

/* Whether the component at hand is the `len` bytes at kernel address `name`.  Names lie at whole words. */
__noinline int lookup_walk__is_name(__u64 name, __u32 len)
{
	struct lookup *l = lookup__get();
	__u64 word;

	if (!l)
		return 0;
	for (__u32 i = 0; i < DCACHE_NAME_WORDS; i++) {
		if (8 * i >= len)
			return 1;
		word = kernel__word((void *)(name + 8 * i));
		if (len - 8 * i < 8)
			word &= (1ULL << 8 * (len & 7)) - 1;
		if (word != l->part[i])
			return 0;
	}
	return 1;
}

struct lookup_scan {
	__u64 node;
	__u64 dir;
	__u64 found;
	__u32 len;
};

/*
 * Whether the entry of `scan->node` is the one: of this name, in this directory, hashed, and of something that exists.
 */
static __always_inline bool lookup_walk__is_entry(struct lookup_scan *scan, __u64 child)
{
	struct dentry *dentry = kernel__cast(struct dentry, child);

	return kernel__get(dentry, d_name.len) == scan->len && kernel__addr(dentry, d_parent) == scan->dir &&
	       lookup_walk__is_name(kernel__addr(dentry, d_name.name), scan->len) &&
	       kernel__addr(dentry, d_hash.pprev) && kernel__addr(dentry, d_inode);
}

/* Several at once, for the reason that path__step gives. */
static long lookup_walk__scan_step(__u32 i, struct lookup_scan *scan)
{
	__u64 child;

#pragma unroll
	for (int n = 0; n < LOOKUP_ENTRIES_AT_ONCE; n++) {
		if (!scan->node)
			return 1;
		child = compat__child(scan->node);
		if (lookup_walk__is_entry(scan, child)) {
			scan->found = child;
			return 1;
		}
		scan->node = compat__next_child(scan->dir, scan->node);
	}
	return 0;
}

static long lookup_walk__bucket_step(__u32 i, struct lookup_scan *scan)
{
	__u64 entry;

	if (!scan->node)
		return 1;
	entry = dcache__entry(scan->node);
	if (lookup_walk__is_entry(scan, entry)) {
		scan->found = entry;
		return 1;
	}
	scan->node = kernel__word((void *)scan->node); /* d_hash.next */
	return 0;
}

/* The hash of the component at hand in a directory. */
__noinline __u32 lookup_walk__hash(__u64 dir)
{
	struct dcache_hash hash = { .y = dir };
	const struct lookup *l = lookup__get();

	if (!l)
		return 0;
	for (__u32 i = 0; i < DCACHE_NAME_WORDS; i++) {
		if (8 * i + 8 > l->part_len)
			return dcache__fold(&hash, l->part[i]);
		dcache__mix(&hash, l->part[i]);
	}
	return 0;
}

/*
 * The entry of the directory for the component at hand; 0: it is not cached, or too far down.  File systems with a hash
 * of their own, as those without upper case, have their entries elsewhere in the table, and an entry that is just moved
 * to another name may be in neither bucket; the list of the directory's children has both.
 */
static __always_inline __u64 lookup_walk__child(struct lookup *l)
{
	struct lookup_scan scan = { .dir = l->dentry, .len = l->part_len };

	if (g_dcache.buckets) {
		scan.node = dcache__first(lookup_walk__hash(scan.dir));
		bpf_loop(DCACHE_CHAIN, lookup_walk__bucket_step, &scan, 0);
		if (scan.found)
			return scan.found;
	}
	scan.node = compat__first_child(scan.dir);
	l->scans -= bpf_loop(l->scans, lookup_walk__scan_step, &scan, 0);
	return scan.found;
}

struct lookup_mounts {
	__u64 node;
	__u64 end;
	__u64 place;
	__u64 found;
};

static long lookup_walk__mounts_step(__u32 i, struct lookup_mounts *m)
{
	__u64 mount = m->node - bpf_core_field_offset(struct mount, mnt_child);

	if (m->node == m->end || !m->node)
		return 1;
	if (kernel__addr(kernel__cast(struct mount, mount), mnt_mountpoint) == m->place) {
		m->found = mount;
		return 1;
	}
	m->node = kernel__word((void *)m->node);
	return 0;
}

static __always_inline void lookup_walk__enter(struct lookup *l, __u64 mount, __u64 dentry)
{
	l->mount = mount;
	l->mnt_root = kernel__addr(kernel__cast(struct mount, mount), mnt.mnt_root);
	l->dentry = dentry;
	l->arrived = false;
}

/* Enter what is mounted on the directory at hand, once; false if nothing is. */
static __always_inline bool lookup_walk__cross(struct lookup *l)
{
	struct dentry *dentry = kernel__cast(struct dentry, l->dentry);
	__u32 flags = kernel__get(dentry, d_flags);
	struct lookup_mounts m = { .place = l->dentry };

	if (flags & compat__dcache_mounted()) {
		m.end = l->mount + bpf_core_field_offset(struct mount, mnt_mounts);
		m.node = kernel__word((void *)m.end);
		bpf_loop(LOOKUP_MOUNTS, lookup_walk__mounts_step, &m, 0);
		if (m.found) {
			lookup_walk__enter(l, m.found, kernel__addr(kernel__cast(struct mount, m.found), mnt.mnt_root));
			l->arrived = true;
			return true;
		}
		/* Otherwise it is a mount of another namespace, or there are too many to decide. */
		if (m.node != m.end)
			l->state = LOOKUP_GIVEN_UP;
	}
	if (flags & compat__dcache_automount())
		l->state = LOOKUP_GIVEN_UP;
	return false;
}

/*
 * Go to the parent directory; from the root of a mount only to its place, so that the same step is to be done once
 * more.
 */
static __always_inline bool lookup_walk__ascend(struct lookup *l)
{
	struct mount *mount = kernel__cast(struct mount, l->mount);
	__u64 parent;

	l->arrived = true;
	if (l->dentry == l->root_dentry && l->mount == l->root_mount)
		return true;
	if (l->dentry != l->mnt_root) {
		parent = kernel__addr(kernel__cast(struct dentry, l->dentry), d_parent);
		if (parent == l->dentry)
			l->state = LOOKUP_GIVEN_UP;
		l->dentry = parent;
		return true;
	}
	parent = kernel__addr(mount, mnt_parent);
	if (parent == l->mount)
		return true;
	lookup_walk__enter(l, parent, kernel__addr(mount, mnt_mountpoint));
	return false;
}

/* --- Symbolic links --- */

/* Put what `len` bytes in the other half and the rest of the name make together in place of the name. */
static __always_inline void lookup_walk__replace(struct lookup *l, __u32 len)
{
	__u32 end = l->at + l->part_len, rest = l->len - end;
	char *to = lookup_walk__text(l, l->half + 1, len);

	if (rest >= PATH_MAX || len + rest >= PATH_MAX) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	bpf_probe_read_kernel(to, rest + 1, lookup_walk__text(l, l->half, end));
	l->half++;
	l->at = 0;
	l->len = len + rest;
	if (*lookup_walk__text(l, l->half, 0) == '/')
		lookup_walk__enter(l, l->root_mount, l->root_dentry);
}

/* Go on at a struct path, which needs no further step to get there. */
static __always_inline void lookup_walk__jump(struct lookup *l, struct path *path)
{
	__u64 mnt = kernel__addr(path, mnt), dentry = kernel__addr(path, dentry);

	if (!mnt || !dentry) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	lookup_walk__enter(l, path__mount(mnt), dentry);
	l->at += l->part_len;
}

/* Follow the links of procfs to the process itself: their text is its number in the namespace of that procfs. */
static __always_inline void lookup_walk__follow_self(struct lookup *l, __u64 sb)
{
	static const char leader[] = "%u", thread[] = "%u/task/%u";
	struct task_struct *task = kernel__current();
	__u64 ns = kernel__addr(
		kernel__cast(struct proc_fs_info, kernel__addr(kernel__cast(struct super_block, sb), s_fs_info)),
		pid_ns);
	__u64 args[] = { pid__nr_in(task__pid(task->group_leader, PIDTYPE_PID), ns),
			 pid__nr_in(task__pid(task, PIDTYPE_PID), ns) };
	char *to = lookup_walk__text(l, l->half + 1, 0);
	long len = -1;

	if (!args[0] || !args[1])
		len = -1;
	else if (l->part_len == 4 && l->part[0] == NAME8('s', 'e', 'l', 'f', 0, 0, 0, 0))
		len = bpf_snprintf(to, 32, leader, args, sizeof(args[0]));
	else if (l->part_len == 11 && l->part[0] == NAME8('t', 'h', 'r', 'e', 'a', 'd', '-', 's'))
		len = bpf_snprintf(to, 32, thread, args, sizeof(args));
	if (len <= 1 || len > 32) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	lookup_walk__replace(l, len - 1);
}

/* Address of the struct file of a descriptor in a table of descriptors; 0: none. */
static __always_inline __u64 lookup_walk__file(__u64 files, __u32 fd)
{
	struct fdtable *fdt = kernel__cast(struct fdtable, kernel__addr(kernel__cast(struct files_struct, files), fdt));

	if (fd >= kernel__get(fdt, max_fds))
		return 0;
	return kernel__word((void *)(kernel__addr(fdt, fd) + fd * sizeof(struct file *)));
}

/*
 * Follow one of the links below a process in procfs that lead to an object: its root, its cwd, its exe, its
 * descriptors.
 */
static __always_inline void lookup_walk__follow_magic(struct lookup *l, struct proc_inode *proc)
{
	__u64 pid = kernel__addr(proc, pid), node, name, file = 0;
	struct task_struct *task;
	struct fs_struct *fs;

	node = kernel__addr(kernel__cast(struct pid, pid), tasks[PIDTYPE_PID].first);
	if (!pid || !node) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	task = kernel__cast(struct task_struct,
			    node - bpf_core_field_offset(struct task_struct, pid_links[PIDTYPE_PID]));
	fs = kernel__cast(struct fs_struct, kernel__addr(task, fs));
	if (l->part_len == 4 && l->part[0] == NAME8('r', 'o', 'o', 't', 0, 0, 0, 0)) {
		lookup_walk__jump(l, &fs->root);
		return;
	}
	if (l->part_len == 3 && l->part[0] == NAME8('c', 'w', 'd', 0, 0, 0, 0, 0)) {
		lookup_walk__jump(l, &fs->pwd);
		return;
	}
	name = kernel__word((void *)kernel__addr(kernel__cast(struct dentry, l->dentry), d_name.name));
	if ((name & 0xffffff) == NAME8('f', 'd', 0, 0, 0, 0, 0, 0))
		file = lookup_walk__file(kernel__addr(task, files), kernel__get(proc, fd));
	else if (l->part_len == 3 && l->part[0] == NAME8('e', 'x', 'e', 0, 0, 0, 0, 0))
		file = kernel__addr(kernel__cast(struct mm_struct, kernel__addr(task, mm)), exe_file);
	if (!file) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	lookup_walk__jump(l, &kernel__cast(struct file, file)->f_path);
}

static __always_inline void lookup_walk__follow_proc(struct lookup *l, __u64 inode, __u64 sb)
{
	__u64 proc = inode - bpf_core_field_offset(struct proc_inode, vfs_inode);

	if (l->dentry == l->mnt_root && kernel__addr(kernel__cast(struct dentry, l->dentry), d_parent) == l->dentry)
		lookup_walk__follow_self(l, sb);
	else
		lookup_walk__follow_magic(l, kernel__cast(struct proc_inode, proc));
}

/* Follow a symbolic link.  Only such as are in memory: of others, i_link is 0. */
static __always_inline void lookup_walk__follow(struct lookup *l, __u64 at)
{
	struct inode *inode = kernel__cast(struct inode, at);
	__u64 sb = kernel__addr(inode, i_sb), link = kernel__addr(inode, i_link);
	long len;

	if (l->links++ >= LOOKUP_LINKS) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	if (!link && kernel__get(kernel__cast(struct super_block, sb), s_magic) == PROC_SUPER_MAGIC) {
		lookup_walk__follow_proc(l, at, sb);
		return;
	}
	len = link ? bpf_probe_read_kernel_str(lookup_walk__text(l, l->half + 1, 0), PATH_MAX, (void *)link) : 0;
	if (len <= 1 || len >= PATH_MAX) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	lookup_walk__replace(l, len - 1);
}

/* --- The walk --- */

/* What bpf_loop hands to a step has to be on the stack. */
struct lookup_ctx {
	struct lookup *l;
};

/* Go to the entry of the component at hand, or to where it leads; there may still be a mount to enter. */
static __always_inline void lookup_walk__into_child(struct lookup *l, bool last)
{
	__u64 child = lookup_walk__child(l), inode;
	bool covered;
	__u16 mode;

	if (!child) {
		l->state = LOOKUP_GIVEN_UP;
		return;
	}
	inode = kernel__addr(kernel__cast(struct dentry, child), d_inode);
	mode = kernel__get(kernel__cast(struct inode, inode), i_mode);
	if ((mode & S_IFMT) == S_IFLNK && !(last && l->how == LOOKUP_NOFOLLOW)) {
		covered = kernel__get(kernel__cast(struct dentry, child), d_flags) & compat__dcache_mounted();
		if (covered)
			l->state = LOOKUP_GIVEN_UP;
		else
			lookup_walk__follow(l, inode);
		return;
	}
	l->dentry = child;
	l->arrived = true;
	l->at += l->part_len;
}

/* Do one component, slash or mount. */
static long lookup_walk__step(__u32 i, struct lookup_ctx *ctx)
{
	struct lookup *l = ctx->l;
	bool last;

	if (l->arrived && lookup_walk__cross(l))
		return 0;
	l->arrived = false;
	if (l->state != LOOKUP_GOES_ON)
		return 1;
	lookup_walk__take(l);
	if (l->part_len > NAME_MAX) {
		l->state = LOOKUP_GIVEN_UP;
		return 1;
	}
	last = !*lookup_walk__text(l, l->half, l->at + l->part_len);
	if (!l->part_len) {
		if (last)
			l->state = LOOKUP_FOUND;
		l->at++;
		return last;
	}
	if (l->part_len == 1 && l->part[0] == '.') {
		l->at++;
		return 0;
	}
	if (l->part_len == 2 && l->part[0] == ('.' | '.' << 8)) {
		if (lookup_walk__ascend(l))
			l->at += 2;
		return 0;
	}
	if (last && l->how == LOOKUP_ENTRY) {
		l->state = LOOKUP_FOUND;
		return 1;
	}
	lookup_walk__into_child(l, last);
	return l->state != LOOKUP_GOES_ON;
}

#endif
