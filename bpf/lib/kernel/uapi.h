/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Numbers and structs of the user-space interface: they never change, so they are plain constants.  The headers of the
 * system are not used: they do not exist for the bpf target on every machine that builds the probe.
 */
#ifndef TIERCEL_UAPI_H
#define TIERCEL_UAPI_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __le16;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;

#define true 1
#define false 0
#define NULL ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)

/* bpf(2). */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
};

#define BPF_ANY 0
#define BPF_F_NO_PREALLOC 1
#define BPF_RB_NO_WAKEUP 1
#define BPF_RB_FORCE_WAKEUP 2
#define BPF_RB_AVAIL_DATA 0
#define BPF_RB_CONS_POS 2
#define BPF_RB_PROD_POS 3

/* Errors. */
#define ENOENT 2
#define EBADF 9
#define EFAULT 14
#define ENOTDIR 20
#define ENAMETOOLONG 36
#define ELOOP 40
#define EINPROGRESS 115

/* Files. */
#define PATH_MAX 4096
#define NAME_MAX 255
#define AT_FDCWD (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_SYMLINK_FOLLOW 0x400
#define AT_EMPTY_PATH 0x1000
#define UMOUNT_NOFOLLOW 8
#define O_CREAT 0x40
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFIFO 0010000
#define S_IALLUGO 07777
#define S_IWUSR 0200
#define S_IWGRP 0020
#define S_IWOTH 0002

struct open_how {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

/* Super block magics. */
#define ANON_INODE_FS_MAGIC 0x09041934
#define HUGETLBFS_MAGIC 0x958458f6
#define NSFS_MAGIC 0x6e736673
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define PIDFS_MAGIC 0x50494446
#define PIPEFS_MAGIC 0x50495045
#define PROC_SUPER_MAGIC 0x9fa0
#define SOCKFS_MAGIC 0x534f434b
#define TMPFS_MAGIC 0x01021994

/* Processes. */
#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000
#define MS_MGC_VAL 0xc0ed0000
#define MS_MGC_MSK 0xffff0000
#define RLIMIT_NOFILE 7
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_GET_CHILD_SUBREAPER 37
#define CAP_DAC_OVERRIDE 1
#define CAP_FOWNER 3
#define CAP_LAST_CAP 40

/* Sockets. */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define SOCK_STREAM 1
#define SOCK_RAW 3
#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58
#define IPPROTO_RAW 255
#define IPPROTO_MPTCP 262
#define UNIX_PATH_MAX 108

struct sockaddr_in {
	__u16 sin_family;
	__u16 sin_port;
	__u32 sin_addr;
};

struct sockaddr_in6 {
	__u16 sin6_family;
	__u16 sin6_port;
	__u32 sin6_flowinfo;
	__u8 sin6_addr[16];
	__u32 sin6_scope_id;
};

struct sockaddr_un {
	__u16 sun_family;
	char sun_path[UNIX_PATH_MAX];
};

#endif
