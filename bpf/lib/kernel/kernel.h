/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The members of kernel structs that the probe reads, and no others.  Each struct is declared with
 * preserve_access_index: libbpf replaces the offsets by those of the running kernel (CO-RE).  A struct with `___` in
 * its name is an older form; bpf_core_field_exists, used in compat.h and nowhere else, detects the form that the kernel
 * has.
 */
#ifndef TIERCEL_KERNEL_H
#define TIERCEL_KERNEL_H

#include "lib/kernel/kernel_arch.h"
#include "lib/kernel/uapi.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

/* Two 64-bit numbers from offset 0 on in every kernel: kernel__word reads memory of any kind through it. */
struct timespec64 {
	long tv_sec;
	long tv_nsec;
};

/* Namespaces. */

struct proc_ns_operations {
	const char *name;
};

struct ns_common {
	const struct proc_ns_operations *ops;
	unsigned int inum;
};

struct uid_gid_extent {
	__u32 first;
	__u32 lower_first;
	__u32 count;
};

struct uid_gid_map {
	struct uid_gid_extent extent[5];
	__u32 nr_extents;
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	int level;
};

struct task_struct;

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

struct mount;

struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
};

/* File systems. */

struct inode;
struct super_block;

struct qstr {
	__u32 hash;
	__u32 len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node *next;
	struct hlist_bl_node **pprev;
};

struct dentry {
	unsigned int d_flags;
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
	struct hlist_node d_sib;
	struct hlist_head d_children;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_mounts;
	struct list_head mnt_child;
	struct mount *mnt_next_for_sb;
	struct mnt_namespace *mnt_ns;
	int mnt_id;
	__u64 mnt_id_unique;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct mount *s_mounts;
	void *s_fs_info;
};

struct inode {
	__u16 i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	__s64 i_mtime_sec;
	__s64 i_ctime_sec;
	__u32 i_mtime_nsec;
	__u32 i_ctime_nsec;
	char *i_link;
	void *i_private;
};

/* What procfs keeps of a mount of it, and of one of its inodes. */
struct proc_fs_info {
	struct pid_namespace *pid_ns;
};

struct proc_inode {
	struct pid *pid;
	unsigned int fd;
	struct inode vfs_inode;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

/* Control groups. */

struct kernfs_node {
	struct kernfs_node *__parent;
	const char *name;
	__u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	__u64 serial_nr;
};

struct css_set {
	struct cgroup_subsys_state *subsys[5];
	struct cgroup *dfl_cgrp;
};

/* Flags of a dentry: see compat.h. */
enum dentry_flags {
	DCACHE_MOUNTED = 0x10000,
	DCACHE_NEED_AUTOMOUNT = 0x20000,
};

/* Fixed inode numbers of namespaces; MNT_NS_ANON_INO marks a mount namespace that holds detached mounts. */
enum init_ns_ino {
	MNT_NS_ANON_INO = 1,
};

enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
};

/* Processes. */

typedef struct {
	__u64 val;
} kernel_cap_t;

struct group_info {
	int ngroups;
	kgid_t gid[1];
};

struct cred {
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long env_start;
	unsigned long env_end;
	struct percpu_counter rss_stat[4];
	struct file *exe_file;
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

typedef struct {
	int counter;
} atomic_t;

/* Whole, unlike the others: the compiler multiplies a variable index by the size that it sees here. */
struct rlimit {
	unsigned long rlim_cur;
	unsigned long rlim_max;
};

struct signal_struct {
	atomic_t live;
	int nr_threads;
	struct list_head thread_head;
	struct pid *pids[4];
	struct tty_struct *tty;
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
	int group_exit_code;
	unsigned int flags;
	struct rlimit rlim[16];
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct list_head children;
	struct list_head thread_node;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	__u64 start_boottime;
	unsigned long min_flt;
	unsigned long maj_flt;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
	struct mm_struct *mm;
};

struct kernel_siginfo {
	int si_code;
	union {
		struct {
			int _pid;
		} _kill;
	} _sifields;
};

struct linux_binprm {
	struct file *executable;
	struct file *file;
	const char *filename;
	const char *interp;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/* Sockets. */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u8 sk_userlocks;
	__u16 sk_protocol;
	__u16 sk_type;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
};

struct socket {
	short type;
	struct sock *sk;
};

struct inet_sock {
	struct sock sk;
	__u32 inet_saddr;
	__u16 inet_sport;
};

struct inet_bind_bucket {
	signed char fastreuse;
};

struct inet_connection_sock {
	struct inet_bind_bucket *icsk_bind_hash;
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

#pragma clang attribute pop

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/*
 * Addresses of kernel objects are plain numbers here, and become typed pointers only where a member is read.  That
 * keeps them out of the verifier's way: numbers may be added to, kept in loops, and passed to global functions.
 *
 * bpf_rdonly_cast (commit fd264ca02094, 6.2) makes a typed pointer of a number at no cost; loads through it are plain
 * instructions that yield 0 on a fault.  Older kernels take the helper call of BPF_CORE_READ instead; the verifier
 * removes the branch that does not apply.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define kernel__cast(type, addr)                                                                                      \
	((type *)(bpf_ksym_exists(bpf_rdonly_cast) ? bpf_rdonly_cast((void *)(addr), bpf_core_type_id_kernel(type)) : \
						     (void *)(addr)))

/*
 * Member of the object at `p`, a variable with a pointer that came from kernel__cast.  An expression with members of
 * our own structs would not do: BPF_CORE_READ relocates these, too.
 */
#define kernel__get(p, member) (bpf_ksym_exists(bpf_rdonly_cast) ? (p)->member : BPF_CORE_READ(p, member))

/* The 64 bits at a kernel address, 0 if it cannot be read. */
static __always_inline __u64 kernel__word(const void *addr)
{
	struct timespec64 *pair = kernel__cast(struct timespec64, addr);

	return kernel__get(pair, tv_sec);
}

/*
 * The current task.  Where it can be cast it is, for the sake of the verifier: for each pointer that is read through
 * the trusted pointer of bpf_get_current_task_btf it searches all type names of the kernel, which made up half of the
 * time to load the probe (6.18).
 */
static __always_inline struct task_struct *kernel__current(void)
{
	if (bpf_ksym_exists(bpf_rdonly_cast))
		return bpf_rdonly_cast((void *)bpf_get_current_task(), bpf_core_type_id_kernel(struct task_struct));
	return bpf_get_current_task_btf();
}

/* Eight bytes of text as the number that kernel__word reads of them. */
#define NAME8(a, b, c, d, e, f, g, h)                                                                               \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | (__u64)(f) << 40 | \
	 (__u64)(g) << 48 | (__u64)(h) << 56)

/* A bit field of the object at `p`, a pointer that came from kernel__cast. */
#define kernel__bits(p, member)                                                 \
	(bpf_ksym_exists(bpf_rdonly_cast) ? BPF_CORE_READ_BITFIELD(p, member) : \
					    BPF_CORE_READ_BITFIELD_PROBED(p, member))

/* A pointer member of a typed object, as a number. */
#define kernel__addr(p, member) kernel__word(&(p)->member)

#endif
