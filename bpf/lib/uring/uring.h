/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Requests of io_uring.  A request is reported when it completes, as the event of the system call that does the same;
 * the values that only its submission has are kept until then.
 */
#ifndef TIERCEL_URING_H
#define TIERCEL_URING_H

#include "lib/param/iovec.h"
#include "lib/kernel/kernel_slab.h"
#include "lib/path/lookup.h"
#include "lib/record/scope.h"
#include "lib/object/tuple.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_ring_ctx {
	unsigned int flags;
};

struct io_cqe {
	__u64 user_data;
	__s32 res;
	int fd; /* until the request completes */
};

struct io_kiocb {
	struct file *file; /* and, in the same place, the arguments of the operation */
	__u8 opcode;
	__u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
};

/* The arguments of each operation, as the kernel took them from the submission. */

struct io_open {
	int dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how how;
};

struct io_close {
	int fd;
	__u32 file_slot;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_accept {
	int flags;
	int iou_flags;
	__u32 file_slot;
};

struct io_sr_msg {
	void *buf;
	int len;
	__u16 flags;
};

struct io_rw {
	__u64 addr;
	__u32 len;
};

struct io_rename {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

struct io_unlink {
	int dfd;
	int flags;
	struct filename *filename;
};

struct io_mkdir {
	int dfd;
	__u16 mode;
	struct filename *filename;
};

struct io_link {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

/* The same with names that the kernel completes when it runs the request: see uring__filename. */

struct delayed_filename {
	struct filename *__incomplete_filename;
};

struct io_open___delayed {
	struct delayed_filename filename;
};

struct io_rename___delayed {
	struct delayed_filename oldpath;
	struct delayed_filename newpath;
};

struct io_unlink___delayed {
	struct delayed_filename filename;
};

struct io_mkdir___delayed {
	struct delayed_filename filename;
};

struct io_link___delayed {
	struct delayed_filename oldpath;
	struct delayed_filename newpath;
};

struct io_socket {
	int domain;
	int type;
	int protocol;
	__u32 file_slot;
};

struct io_bind {
	int addr_len;
};

struct io_listen {
	int backlog;
};

struct io_shutdown {
	int how;
};

#pragma clang attribute pop

#define IORING_SETUP_SQPOLL 2

/* Operations, and flags of a submission, which are the lowest ones of the request. */
enum uring_operation {
	IORING_OP_READV = 1,
	IORING_OP_WRITEV = 2,
	IORING_OP_READ_FIXED = 4,
	IORING_OP_WRITE_FIXED = 5,
	IORING_OP_SENDMSG = 9,
	IORING_OP_RECVMSG = 10,
	IORING_OP_ACCEPT = 13,
	IORING_OP_CONNECT = 16,
	IORING_OP_OPENAT = 18,
	IORING_OP_CLOSE = 19,
	IORING_OP_READ = 22,
	IORING_OP_WRITE = 23,
	IORING_OP_SEND = 26,
	IORING_OP_RECV = 27,
	IORING_OP_OPENAT2 = 28,
	IORING_OP_SHUTDOWN = 34,
	IORING_OP_RENAMEAT = 35,
	IORING_OP_UNLINKAT = 36,
	IORING_OP_MKDIRAT = 37,
	IORING_OP_SYMLINKAT = 38,
	IORING_OP_LINKAT = 39,
	IORING_OP_SOCKET = 45,
	IORING_OP_SEND_ZC = 47,
	IORING_OP_SENDMSG_ZC = 48,
	IORING_OP_READ_MULTISHOT = 49,
	IORING_OP_BIND = 56,
	IORING_OP_LISTEN = 57,
	IORING_OP_READV_FIXED = 60,
	IORING_OP_WRITEV_FIXED = 61,
};

/* Flags of single operations: the request goes on after its first result. */
#define IORING_ACCEPT_MULTISHOT 1
#define IORING_RECV_MULTISHOT 2

#define URING_FIXED_FILE 0x1
#define URING_SKIP_SUCCESS 0x40

/* What results name: the ring, and what the program calls the request. */
struct uring_name {
	__u64 ring;
	__u64 user_data;
};

/* Values that a completion needs in addition to the record that the submission has begun; kept after that record. */
struct uring_note {
	__u64 user;	/* address, buffer, array of buffers or message header of the program */
	__u32 user_len; /* bytes of an address, or of a buffer; number of buffers */
	__u32 direct;	/* the new file goes into the ring's own table and gets no descriptor */
	__u32 several;	/* results, of which only the last one names the request */
	__u32 reserved;
	struct uring_name name; /* the address of a request is that of another one after its end */
};

/* Arguments of the hook of a completion: older kernels pass the last two in place of the completion. */
struct uring_completed {
	__u64 ring;
	__u64 request;
	__u64 entry; /* struct io_uring_cqe, or what the program calls the request */
	__u64 res;
};

/*
 * What the pieces of a program have in common.  Not on the stack, of which all functions in a row share 512 bytes on
 * kernels before 6.13.
 */
struct uring_work {
	struct uring_note note;
	struct uring_completed completed;
	struct iovec_msg msg;
	struct tuple_target target;
	__u64 request;
	__u64 file; /* of the request, 0 if it works on none */
	long ret;
	bool reachable; /* the current process is the one that submitted the request */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct uring_work);
} uring_works SEC(".maps");

static __always_inline struct uring_work *uring__work(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&uring_works, &zero);
}

/* Bytes that are kept of a request without and with names. */
#define URING_SMALL 448
#define URING_LARGE 8064

struct uring_small {
	char bytes[URING_SMALL];
};

struct uring_large {
	char bytes[URING_LARGE];
};

/* What uring_submit goes on with; the core enters it. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} uring_stages SEC(".maps");

/* Requests in progress by address: not allocated in advance, since most machines have none. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct uring_small);
} uring_requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct uring_large);
} uring_names SEC(".maps");

/* Requests with several results. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct uring_name);
	__type(value, __u64);
} uring_several SEC(".maps");

/* The arguments of a request, as those of its operation. */
#define uring__args(type, request) kernel__cast(type, (request) + bpf_core_field_offset(struct io_kiocb, file))

/* Address of the note: after the record. */
static __always_inline struct uring_note *uring__note(struct record *rec)
{
	__u32 at = (rec->hdr.len + 7) & ~7U;

	barrier_var(at);
	return at > EV_MAX_LEN ? NULL : (struct uring_note *)&rec->bytes[at];
}

/* The record of an event in the scratch space of requests. */
#define uring__struct(name, rec) ((struct ev_##name *)(rec))

#endif
