/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The executable of a process that was just started: identity, path, and whether the process could write to it.
 */
#ifndef TIERCEL_EXE_H
#define TIERCEL_EXE_H

#include "lib/object/file.h"

#define SB_RDONLY 1
#define S_IMMUTABLE (1 << 3)

/* Supplementary groups that are compared. */
#define EXE_GROUPS 256

struct exe_groups {
	__u64 at; /* next group id */
	__u32 left;
	__u32 wanted;
	bool found;
};

static long exe__group_step(__u32 i, struct exe_groups *g)
{
	if (!g->left)
		return 1;
	g->left--;
	g->found = (__u32)kernel__word((void *)g->at) == g->wanted;
	g->at += sizeof(kgid_t);
	return g->found;
}

static __always_inline bool exe__in_group(const struct cred *cred, __u32 gid)
{
	struct exe_groups g = { .wanted = gid };
	__u64 addr = kernel__addr(cred, group_info);

	if (cred->fsgid.val == gid)
		return true;
	g.at = addr + bpf_core_field_offset(struct group_info, gid);
	g.left = kernel__get(kernel__cast(struct group_info, addr), ngroups);
	bpf_loop(EXE_GROUPS, exe__group_step, &g, 0);
	return g.found;
}

/*
 * Whether a map of a user namespace contains an id of the initial one.  Maps with more than five ranges are taken to.
 */
static __always_inline bool exe__is_mapped(const struct uid_gid_map *map, __u32 id)
{
	__u32 ranges = map->nr_extents;

	if (ranges > 5)
		return true;
#pragma unroll
	for (__u32 i = 0; i < 5; i++)
		if (i < ranges && id - map->extent[i].lower_first < map->extent[i].count)
			return true;
	return false;
}

/*
 * Whether the process may write to its executable, or may give itself the right to: it owns the file, the permission
 * bits let it, or it has a capability that overrides them in a user namespace that maps the file's ids.  Access
 * control lists are not looked at.
 */
static __always_inline bool exe__is_writable(struct task_struct *task, __u64 addr)
{
	struct inode *inode = kernel__cast(struct inode, addr);
	struct super_block *sb = kernel__cast(struct super_block, kernel__addr(inode, i_sb));
	const struct cred *cred = task->cred;
	__u32 uid = kernel__get(inode, i_uid.val), gid = kernel__get(inode, i_gid.val);
	__u16 mode = kernel__get(inode, i_mode);

	if ((kernel__get(sb, s_flags) & SB_RDONLY) || (kernel__get(inode, i_flags) & S_IMMUTABLE))
		return false;
	if (uid == 0xffffffff || gid == 0xffffffff)
		return false;
	if (uid == cred->fsuid.val)
		return true;
	if (mode & (exe__in_group(cred, gid) ? S_IWGRP : S_IWOTH))
		return true;
	if (!(task__caps(&cred->cap_effective) & (1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER)))
		return false;
	return exe__is_mapped(&cred->user_ns->uid_map, uid) && exe__is_mapped(&cred->user_ns->gid_map, gid);
}

/* Bits of the param `flags` for the struct file of an executable. */
__noinline __u32 exe__flags(__u64 addr)
{
	struct file *file = kernel__cast(struct file, addr);
	__u64 inode = kernel__addr(file, f_inode), dentry = kernel__addr(file, f_path.dentry);
	struct super_block *sb =
		kernel__cast(struct super_block, kernel__addr(kernel__cast(struct inode, inode), i_sb));
	unsigned long magic = kernel__get(sb, s_magic);
	struct ev_file layer = {};
	__u32 flags = 0;

	if (!addr)
		return 0;
	if (exe__is_writable(kernel__current(), inode))
		flags |= EV_EXECVE_FLAGS_EXE_WRITABLE;
	if (file__is_memfd(dentry, magic))
		flags |= EV_EXECVE_FLAGS_EXE_FROM_MEMFD;
	if (magic == OVERLAYFS_SUPER_MAGIC) {
		file__overlay(&layer, kernel__cast(struct inode, inode));
		if (layer.flags & EVF_FILE_UPPER)
			flags |= EV_EXECVE_FLAGS_EXE_UPPER_LAYER;
		else
			flags |= EV_EXECVE_FLAGS_EXE_LOWER_LAYER;
	}
	return flags;
}

/* Append the real path of an executable; a memfd has its name for a path. */
static __always_inline struct ev_ref exe__real_path(struct record *rec, __u64 addr)
{
	struct file *file = kernel__cast(struct file, addr);
	__u64 dentry = kernel__addr(file, f_path.dentry);
	struct dentry *entry = kernel__cast(struct dentry, dentry);
	struct super_block *sb = kernel__cast(struct super_block, kernel__addr(entry, d_sb));

	if (file__is_memfd(dentry, kernel__get(sb, s_magic)))
		return event__kernel_str(&rec->hdr, (void *)kernel__addr(entry, d_name.name));
	return event__unpack(path__real_path(rec, kernel__addr(file, f_path.mnt), dentry));
}

/*
 * Append the path by which the executable was reached through its mounts, and its real path.  Where they are the
 * same, which they are but for bind mounts, the text is there once.
 */
static __always_inline void exe__paths(struct record *rec, struct ev_path *out, __u64 addr)
{
	struct file *file = kernel__cast(struct file, addr);
	struct path_buf *buf = path__buf(HDR_SCRATCH(&rec->hdr));

	if (!addr || !buf)
		return;
	buf->moved = false;
	out->real = exe__real_path(rec, addr);
	out->name = out->real;
	if (buf->moved)
		out->name = event__unpack(
			path__mount_path(rec, kernel__addr(file, f_path.mnt), kernel__addr(file, f_path.dentry)));
}

/* Fill what execve and execveat say of the executable `addr`, a struct file. */
#define exe__fill(ev, addr)                                                                        \
	do {                                                                                       \
		__u64 __exe = addr;                                                                \
		struct file *__file = kernel__cast(struct file, __exe);                            \
		struct inode *__inode = kernel__cast(struct inode, kernel__addr(__file, f_inode)); \
                                                                                                   \
		(ev)->flags = exe__flags(__exe);                                                   \
		(ev)->exe_ino = kernel__get(__inode, i_ino);                                       \
		(ev)->exe_ino_ctime = compat__inode_ctime(__inode);                                \
		(ev)->exe_ino_mtime = compat__inode_mtime(__inode);                                \
		exe__paths((struct record *)(ev), &(ev)->trusted_exepath, __exe);                  \
	} while (0)

#endif
