/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Members that kernels have in more than one form: one helper for each, with the commit that changed it.  The form is
 * read from the kernel's type information, never from its version.
 */
#ifndef TIERCEL_COMPAT_H
#define TIERCEL_COMPAT_H

#include "lib/kernel/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode___times {
	struct timespec64 i_mtime;
	struct timespec64 i_ctime;
};

struct inode___wrapped_times {
	struct timespec64 __i_mtime;
	struct timespec64 __i_ctime;
};

struct kernfs_node___plain_parent {
	struct kernfs_node *parent;
};

/* An array of longs, in fact. */
struct mm_rss_stat {
	long count;
};

struct mm_struct___plain_rss {
	struct mm_rss_stat rss_stat;
};

struct super_block___list {
	struct list_head s_mounts;
};

struct mount___list {
	struct list_head mnt_instance;
};

struct dentry___list {
	struct list_head d_child;
	struct list_head d_subdirs;
};

#pragma clang attribute pop

/* new_encode_dev of the kernel's dev_t. */
static __always_inline __u32 file__encode_dev(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xff) << 12;
}

/*
 * The top bit of a ctime's nanoseconds says that the ctime has been queried ("fs: add infrastructure for multigrain
 * timestamps", 6.13); nanoseconds take 30 bits.
 */
#define CTIME_NSEC_MASK 0x3fffffff

static __always_inline __u64 compat__ns(__s64 sec, __s64 nsec)
{
	return sec * 1000000000ULL + (nsec & CTIME_NSEC_MASK);
}

/*
 * i_ctime became private with accessors (13bc24457850, "fs: rename i_ctime field to __i_ctime", 6.6), i_mtime
 * likewise (12cd44023651, 6.7); both were split into seconds and nanoseconds (3aa63a569c64, "fs: switch timespec64
 * fields in inode to discrete integers", 6.11).
 */
static __always_inline __u64 compat__inode_ctime(struct inode *inode)
{
	struct inode___wrapped_times *wrapped = (void *)inode;
	struct inode___times *plain = (void *)inode;

	if (bpf_core_field_exists(inode->i_ctime_sec))
		return compat__ns(kernel__get(inode, i_ctime_sec), kernel__get(inode, i_ctime_nsec));
	if (bpf_core_field_exists(wrapped->__i_ctime))
		return compat__ns(BPF_CORE_READ(wrapped, __i_ctime.tv_sec), BPF_CORE_READ(wrapped, __i_ctime.tv_nsec));
	return compat__ns(BPF_CORE_READ(plain, i_ctime.tv_sec), BPF_CORE_READ(plain, i_ctime.tv_nsec));
}

static __always_inline __u64 compat__inode_mtime(struct inode *inode)
{
	struct inode___wrapped_times *wrapped = (void *)inode;
	struct inode___times *plain = (void *)inode;

	if (bpf_core_field_exists(inode->i_mtime_sec))
		return compat__ns(kernel__get(inode, i_mtime_sec), kernel__get(inode, i_mtime_nsec));
	if (bpf_core_field_exists(wrapped->__i_mtime))
		return compat__ns(BPF_CORE_READ(wrapped, __i_mtime.tv_sec), BPF_CORE_READ(wrapped, __i_mtime.tv_nsec));
	return compat__ns(BPF_CORE_READ(plain, i_mtime.tv_sec), BPF_CORE_READ(plain, i_mtime.tv_nsec));
}

/* parent became __parent, under RCU (741c10b096bc, "kernfs: Use RCU to access kernfs_node::parent.", 6.15). */
static __always_inline __u64 compat__kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___plain_parent *plain = (void *)kn;

	if (bpf_core_field_exists(kn->__parent))
		return kernel__addr(kn, __parent);
	return kernel__addr(plain, parent);
}

/*
 * The mounts of a super block are a list of their own making since ("struct mount: relocate MNT_WRITE_HOLD bit" and the
 * commits around it, 6.18), and a list_head before.  Both end with 0 here.
 */
static __always_inline __u64 compat__mount_of_instance(__u64 sb, __u64 node)
{
	if (!node || node == sb + bpf_core_field_offset(struct super_block___list, s_mounts))
		return 0;
	return node - bpf_core_field_offset(struct mount___list, mnt_instance);
}

static __always_inline __u64 compat__first_mount(__u64 sb)
{
	if (bpf_core_field_exists(struct mount, mnt_next_for_sb))
		return kernel__addr(kernel__cast(struct super_block, sb), s_mounts);
	return compat__mount_of_instance(sb, kernel__addr(kernel__cast(struct super_block___list, sb), s_mounts.next));
}

static __always_inline __u64 compat__next_mount(__u64 sb, __u64 mount)
{
	if (bpf_core_field_exists(struct mount, mnt_next_for_sb))
		return kernel__addr(kernel__cast(struct mount, mount), mnt_next_for_sb);
	return compat__mount_of_instance(sb, kernel__addr(kernel__cast(struct mount___list, mount), mnt_instance.next));
}

/*
 * The children of a directory are an hlist since da549bdd15c2 ("dentry: switch the lists of children to hlist", 6.8),
 * and were a list_head before.  A node is the address of the member of the child; 0 ends both.
 */
static __always_inline __u64 compat__first_child(__u64 dir)
{
	__u64 head, node;

	if (bpf_core_field_exists(struct dentry, d_children))
		return kernel__addr(kernel__cast(struct dentry, dir), d_children.first);
	head = dir + bpf_core_field_offset(struct dentry___list, d_subdirs);
	node = kernel__word((void *)head);
	return node == head ? 0 : node;
}

static __always_inline __u64 compat__next_child(__u64 dir, __u64 node)
{
	__u64 next = kernel__word((void *)node); /* the first member of both kinds of node */

	if (bpf_core_field_exists(struct dentry, d_children))
		return next;
	return next == dir + bpf_core_field_offset(struct dentry___list, d_subdirs) ? 0 : next;
}

static __always_inline __u64 compat__child(__u64 node)
{
	if (bpf_core_field_exists(struct dentry, d_children))
		return node - bpf_core_field_offset(struct dentry, d_sib);
	return node - bpf_core_field_offset(struct dentry___list, d_child);
}

/*
 * The flags of a dentry became an enum ("dcache: convert dentry flag macros to enum"), and have been renumbered since;
 * as macros they had the numbers of kernel.h.
 */
static __always_inline __u32 compat__dcache_mounted(void)
{
	if (bpf_core_enum_value_exists(enum dentry_flags, DCACHE_MOUNTED))
		return bpf_core_enum_value(enum dentry_flags, DCACHE_MOUNTED);
	return DCACHE_MOUNTED;
}

static __always_inline __u32 compat__dcache_automount(void)
{
	if (bpf_core_enum_value_exists(enum dentry_flags, DCACHE_NEED_AUTOMOUNT))
		return bpf_core_enum_value(enum dentry_flags, DCACHE_NEED_AUTOMOUNT);
	return DCACHE_NEED_AUTOMOUNT;
}

/*
 * Grows from mount to mount: mnt_id_unique (98d2b43081972, "add unique mount ID", 6.8).  The older mnt_id is used
 * again after an unmount, so that there it gives the order only of mounts between which none was removed.
 */
static __always_inline __u64 compat__mount_age(struct mount *mount)
{
	if (bpf_core_field_exists(mount->mnt_id_unique))
		return kernel__get(mount, mnt_id_unique);
	return kernel__get(mount, mnt_id);
}

/*
 * The counters of an mm became per-CPU (f1a7941243c1, "mm: convert mm's rss stats into percpu_counter", 6.2).  The sum
 * in the struct lacks the amounts that the CPUs have not yet added to it.
 */
static __always_inline __s64 compat__rss_pages(struct mm_struct *mm, const int counter)
{
	__u64 at = (__u64)mm;
	__s64 pages;

	if (bpf_core_type_exists(struct mm_rss_stat))
		at += bpf_core_field_offset(struct mm_struct___plain_rss, rss_stat) + counter * sizeof(long);
	else
		at += bpf_core_field_offset(struct mm_struct, rss_stat) +
		      counter * bpf_core_type_size(struct percpu_counter) +
		      bpf_core_field_offset(struct percpu_counter, count);
	pages = kernel__word((void *)at);
	return pages < 0 ? 0 : pages;
}

/* loginuid is there only with CONFIG_AUDIT. */
static __always_inline __u32 task__loginuid(struct task_struct *task)
{
	if (bpf_core_field_exists(task->loginuid))
		return task->loginuid.val;
	return 0xffffffff;
}

#endif
