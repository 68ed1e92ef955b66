/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Wire format between probe and core: the record header and the structs that params consist of.  Hand-written; the
 * event structs are generated from the schema into events.gen.h.
 *
 * A record is one `struct ev_<event>`: header, params in table order, then a tail of bytes that the refs point into.
 * All integers are in host order.  No struct is packed.  The order of members avoids padding that the generated
 * _Static_asserts do not check.
 */
#ifndef TIERCEL_EVENT_ABI_H
#define TIERCEL_EVENT_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Limit of a record, header included.  The scratch space of the probe has slack after it (see lib/record/maps.h). */
#define EV_MAX_LEN 28672

/* Limit of a record from a capture file: the reach of an ev_ref. */
#define EV_RECORD_MAX 65535

#define EV_COMM_LEN 16

/* Bytes of a record, by offset from its start.  off == 0: the value is absent; len == 0: an empty text. */
struct ev_ref {
	__u16 off;
	__u16 len;
};

/*
 * The forms of a path.  `name` is the text that the program passed, byte for byte.  `base` is the resolved start
 * directory of a relative name (absent for an absolute name).  `real` is the path of the object that the kernel used,
 * resolved from its dentry (absent if the kernel no longer has a dentry at the time of the event).
 */
struct ev_path {
	struct ev_ref name;
	struct ev_ref base;
	struct ev_ref real;
};

/* Object of a file descriptor, read from the kernel's struct file. */
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
	struct ev_ref raw;  /* captures: the name that the creating call passed */
};

#define EVF_FILE_UPPER 0x1   /* overlayfs upper layer */
#define EVF_FILE_LOWER 0x2   /* overlayfs lower layer */
#define EVF_FILE_DELETED 0x4 /* the dentry is unhashed */
#define EVF_FILE_KNOWN 0x8   /* the fd had a struct file: the other members are valid */

/* Set only from the descriptor tables of a capture. */
#define EVF_FILE_NAMED 0x10	   /* `path` is the whole name, also of a socket; empty: no name */
#define EVF_FILE_CONNECTED 0x20	   /* the socket is known to be connected */
#define EVF_FILE_NAME_CHANGED 0x40 /* the event gave the descriptor another name */

enum ev_l4proto {
	EV_L4_UNKNOWN = 0,
	EV_L4_NA = 1,
	EV_L4_TCP = 2,
	EV_L4_UDP = 3,
	EV_L4_ICMP = 4,
	EV_L4_RAW = 5,
};

/* A descriptor of a capture may have both bits. */
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
	__u64 cgroup_id; /* key of the control groups (lib/record/cgroup_key.h): of one container, or of the host */
	__u32 tid;
	__u32 tgid;
	__u32 vtid; /* tid and tgid in the innermost pid namespace */
	__u32 vpid;
	__u32 ptgid;	/* tgid of real_parent */
	__u32 uid;	/* effective */
	__u32 gid;	/* effective */
	__u32 loginuid; /* 0xffffffff: unset */
	__u32 mnt_ns;	/* inode numbers of the namespaces */
	__u32 pid_ns;
	__u32 absent; /* bit n: param n of the event is not available ("empty" in Falco) */
	__u16 cpu;
	__u16 syscall;		/* native number in the ABI that EVF_IA32 selects; 0xffff for a tracepoint */
	struct ev_ref cwd;	/* resolved; only if the loaded rules need it */
	__u32 reserved;		/* with EVF_TOCTOU: a struct ev_ref to the alternative names, each with a final NUL */
	char comm[EV_COMM_LEN]; /* NUL-terminated */
};

/*
 * State of the thread and its process at the time of the event.  Records with EVF_NOW have it at the first multiple of
 * 8 bytes in the tail.  With EV_NOW_STDIO, three struct ev_file for descriptors 0 to 2 follow.
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
#define EV_NOW_NFDS 0x4	  /* nfds is valid */
#define EV_NOW_STDIO 0x8

#define EVF_IA32 0x1	       /* entered by int 0x80 or a 32-bit program */
#define EVF_TRUNCATED 0x2      /* some text was longer than the record had room for */
#define EVF_ARGS_TRUNCATED 0x4 /* args hold head and tail of a longer argument vector */
#define EVF_LIFECYCLE 0x8      /* came through the life-cycle ring */
#define EVF_STATE_ONLY 0x10    /* outside the scope: only updates the process table, no rule evaluates it */
#define EVF_NOW 0x40	       /* has a struct ev_now */
#define EVF_TOCTOU 0x80	       /* the memory of a name changed during the call */
#define EVF_OWN 0x100	       /* only for the sensor's own rules: no rule of the user sees it */
#define EVF_IO_URING 0x20      /* an io_uring request with the effect of this system call */

#endif
