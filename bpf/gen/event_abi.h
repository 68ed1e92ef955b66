/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The wire format between the probe and the core: what every record starts with, and the pieces that params are made
 * of.  Hand-written; the structs of the single events are generated from the schema into events.gen.h.
 *
 * A record is one `struct ev_<event>`: header, params in table order, then a tail of bytes that the refs point into.
 * All integers are in host order.  Nothing is packed: members are ordered so that the compiler adds no hidden padding
 * that the generated _Static_asserts do not check.
 */
#ifndef TIERCEL_EVENT_ABI_H
#define TIERCEL_EVENT_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* A whole record, header included, never exceeds this; the probe's scratch space has room behind it (see lib/maps.h). */
#define EV_MAX_LEN 28672

/* The same for a record that is made of an event in a capture file: as far as an ev_ref reaches. */
#define EV_RECORD_MAX 65535

#define EV_COMM_LEN 16

/* Bytes of a record, by offset from its start.  off == 0: the value is absent; len may be 0 (an empty text). */
struct ev_ref {
	__u16 off;
	__u16 len;
};

/*
 * A path in its forms.  `name` is what the program passed, byte for byte.  `base` is the directory that a relative name
 * starts from, resolved by the kernel (absent when `name` is absolute).  `real` is the object that the kernel used,
 * resolved from its dentry (absent where the kernel no longer has one at the time of the event).
 */
struct ev_path {
	struct ev_ref name;
	struct ev_ref base;
	struct ev_ref real;
};

/* What a file descriptor of the event refers to, read from the kernel's struct file. */
struct ev_file {
	__u64 ino;
	__u32 dev;    /* new_encode_dev form, as in Falco's `dev` params */
	__u32 flags;  /* EVF_FILE_* */
	__u8 type;    /* enum ev_fd_type */
	__u8 l4proto; /* enum ev_l4proto */
	__u8 family;  /* AF_INET, AF_INET6, AF_UNIX, ...; 0 for no socket */
	__u8 role;    /* enum ev_role */
	__u16 sport;  /* source = client side, host order */
	__u16 dport;  /* destination = server side, host order */
	__u8 sip[16]; /* IPv4 in the first four bytes, network order */
	__u8 dip[16];
	struct ev_ref path; /* resolved path of a file, path of a unix socket, name of a memfd */
	struct ev_ref raw;  /* captures: the name as it was passed to the call that made the descriptor */
};

#define EVF_FILE_UPPER 0x1   /* overlayfs upper layer */
#define EVF_FILE_LOWER 0x2   /* overlayfs lower layer */
#define EVF_FILE_DELETED 0x4 /* the dentry is unhashed */
#define EVF_FILE_KNOWN 0x8   /* the fd had a struct file: the other members are valid */

/* What only the descriptor tables of a capture know. */
#define EVF_FILE_NAMED 0x10	   /* `path` is the whole name, of a socket too; empty: it has none */
#define EVF_FILE_CONNECTED 0x20	   /* the socket is known to be connected */
#define EVF_FILE_NAME_CHANGED 0x40 /* the event gave the descriptor another name */

/* Falco's (scap's) numbers, see spec state-engine 5.1. */
enum ev_fd_type {
	EV_FD_UNKNOWN = 0,
	EV_FD_FILE = 1,
	EV_FD_DIRECTORY = 2,
	EV_FD_IPV4_SOCK = 3,
	EV_FD_IPV6_SOCK = 4,
	EV_FD_IPV4_SERVSOCK = 5,
	EV_FD_IPV6_SERVSOCK = 6,
	EV_FD_FIFO = 7,
	EV_FD_UNIX_SOCK = 8,
	EV_FD_EVENT = 9,
	EV_FD_UNSUPPORTED = 10,
	EV_FD_SIGNALFD = 11,
	EV_FD_EVENTPOLL = 12,
	EV_FD_INOTIFY = 13,
	EV_FD_TIMERFD = 14,
	EV_FD_NETLINK = 15,
	EV_FD_BPF = 17,
	EV_FD_USERFAULTFD = 18,
	EV_FD_IO_URING = 19,
	EV_FD_MEMFD = 20,
	EV_FD_PIDFD = 21,
};

enum ev_l4proto {
	EV_L4_UNKNOWN = 0,
	EV_L4_NA = 1,
	EV_L4_TCP = 2,
	EV_L4_UDP = 3,
	EV_L4_ICMP = 4,
	EV_L4_RAW = 5,
};

/* A descriptor of a capture may have both roles: the bits are or-ed. */
enum ev_role {
	EV_ROLE_NONE = 0,
	EV_ROLE_CLIENT = 1, /* the local end is the source */
	EV_ROLE_SERVER = 2, /* the local end is the destination (accepted, bound or listening) */
};

struct ev_hdr {
	__u32 len;	 /* bytes of the whole record, this header included */
	__u16 type;	 /* enum ev_type */
	__u16 flags;	 /* EVF_* */
	__u64 time_ns;	 /* CLOCK_BOOTTIME at the hook */
	__u64 start_ns;	 /* start_boottime of the thread group's leader: with tgid, the key of the process */
	__u64 cgroup_id; /* key of the control groups, see lib/groups.h: one key is of one container, or the host's */
	__u32 tid;
	__u32 tgid;
	__u32 vtid; /* the same two in the innermost pid namespace */
	__u32 vpid;
	__u32 ptgid;	/* tgid of real_parent */
	__u32 uid;	/* effective */
	__u32 gid;	/* effective */
	__u32 loginuid; /* 0xffffffff: unset */
	__u32 mnt_ns;	/* inode numbers of the namespaces */
	__u32 pid_ns;
	__u32 absent; /* bit n: param n of the event was not to be had ("empty" in Falco's words) */
	__u16 cpu;
	__u16 syscall;	   /* native number, for the ABI that EVF_IA32 tells; 0xffff for a tracepoint */
	struct ev_ref cwd; /* resolved; only when the loaded rules ask for it */
	__u32 reserved; /* with EVF_TOCTOU a struct ev_ref: what else the names were, texts that each end with a NUL */
	char comm[EV_COMM_LEN]; /* NUL-terminated */
};

/*
 * The thread and its process at the time of the event: in records with EVF_NOW, at the first multiple of 8 bytes from
 * the start of the tail on.  Behind it, with EV_NOW_STDIO, are three struct ev_file of descriptors 0 to 2.
 */
struct ev_now {
	__u64 cap_inheritable; /* of the thread */
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 fdlimit;	/* soft limit of open descriptors */
	__u64 pgft_maj; /* page faults of the thread */
	__u64 pgft_min;
	__u64 vm_size; /* KiB, of the process */
	__u64 vm_rss;
	__u64 vm_swap;
	__u32 nthreads;
	__u32 nfds; /* open descriptors */
	__u32 has;  /* EV_NOW_* */
	struct ev_ref cgroups;
};

#define EV_NOW_TASK 0x1	  /* capabilities, limit, page faults, threads */
#define EV_NOW_MEMORY 0x2 /* vm_* */
#define EV_NOW_NFDS 0x4	  /* nfds: they could be counted */
#define EV_NOW_STDIO 0x8

#define EVF_IA32 0x1	       /* entered by int 0x80 or a 32-bit program */
#define EVF_TRUNCATED 0x2      /* some text was longer than the record had room for */
#define EVF_ARGS_TRUNCATED 0x4 /* args hold head and tail of a longer argument vector */
#define EVF_LIFECYCLE 0x8      /* came through the life-cycle ring */
#define EVF_STATE_ONLY 0x10    /* outside the scope: for the process table only, no rule may see it */
#define EVF_NOW 0x40	       /* has a struct ev_now */
#define EVF_TOCTOU 0x80	       /* the memory that a name was in has been changed during the call */
#define EVF_IO_URING 0x20      /* not a system call, but a request of io_uring that does the same */

#endif
