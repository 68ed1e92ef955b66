/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A request goes into a ring: by the thread that submits it, or by the kernel's thread that polls the ring, which then
 * stands for the thread that made the ring.
 */
#include "lib/object/task_state.h"
#include "lib/uring/uring.h"

/* Threads of a process that are looked at for one. */
#define URING_THREADS 1024

struct uring_search {
	__u64 node; /* thread_node of the next thread */
	__u64 head; /* where the list ends */
	__u32 tid;
	__u64 found;
};

static long uring__thread_step(__u32 i, struct uring_search *s)
{
	__u64 addr = s->node - bpf_core_field_offset(struct task_struct, thread_node);

	if (!s->node || s->node == s->head)
		return 1;
	if ((__u32)kernel__get(kernel__cast(struct task_struct, addr), pid) == s->tid) {
		s->found = addr;
		return 1;
	}
	s->node = kernel__addr(kernel__cast(struct task_struct, addr), thread_node.next);
	return 0;
}

/*
 * Characters in front of the number in the name of a thread that polls, iou-sqp-TID: nothing else says who made the
 * ring.
 */
#define URING_THREAD_NAME 8

/* The number that eight bytes of text begin with. */
static __always_inline __u32 uring__number(__u64 text)
{
	__u32 number = 0, digit;

	for (int i = 0; i < 8; i++) {
		digit = (text >> 8 * i & 0xff) - '0';
		if (digit > 9)
			break;
		number = number * 10 + digit;
	}
	return number;
}

/* The thread that a request comes from. */
__noinline __u64 uring__submitter(__u64 addr)
{
	struct io_kiocb *request = kernel__cast(struct io_kiocb, addr);
	struct task_struct *task = kernel__current();
	struct io_ring_ctx *ring = kernel__cast(struct io_ring_ctx, kernel__addr(request, ctx));
	__u64 signal = kernel__addr(task, signal);
	struct uring_search s = {};

	if (!(kernel__get(ring, flags) & IORING_SETUP_SQPOLL))
		return bpf_get_current_task();
	s.tid = uring__number(kernel__word(&task->comm[URING_THREAD_NAME]));
	s.head = signal + bpf_core_field_offset(struct signal_struct, thread_head);
	s.node = kernel__word((void *)s.head);
	bpf_loop(URING_THREADS, uring__thread_step, &s, 0);
	return s.found ?: kernel__addr(task, group_leader);
}

/* The event that an operation makes. */
struct uring_event {
	__u16 type;
	__u16 slot;
	__u16 fixed;
};

#define URING_EVENT(name, NAME) { EV_##NAME, EV_SLOT_##NAME, event__fixed(name) }

/* Operations whose flags change the event have entries of their own, after all others. */
#define URING_FLAGS 64

static const struct uring_event uring__events[2 * URING_FLAGS] = {
	[IORING_OP_READ] = URING_EVENT(read, READ),
	[IORING_OP_READ_FIXED] = URING_EVENT(read, READ),
	[IORING_OP_READ_MULTISHOT] = URING_EVENT(read, READ),
	[IORING_OP_READV] = URING_EVENT(readv, READV),
	[IORING_OP_READV_FIXED] = URING_EVENT(readv, READV),
	[IORING_OP_WRITE] = URING_EVENT(write, WRITE),
	[IORING_OP_WRITE_FIXED] = URING_EVENT(write, WRITE),
	[IORING_OP_WRITEV] = URING_EVENT(writev, WRITEV),
	[IORING_OP_WRITEV_FIXED] = URING_EVENT(writev, WRITEV),
	[IORING_OP_SEND] = URING_EVENT(send, SEND),
	[IORING_OP_SEND_ZC] = URING_EVENT(send, SEND),
	[IORING_OP_SENDMSG] = URING_EVENT(sendmsg, SENDMSG),
	[IORING_OP_SENDMSG_ZC] = URING_EVENT(sendmsg, SENDMSG),
	[IORING_OP_RECV] = URING_EVENT(recv, RECV),
	[IORING_OP_RECVMSG] = URING_EVENT(recvmsg, RECVMSG),
	[IORING_OP_ACCEPT] = URING_EVENT(accept, ACCEPT),
	[IORING_OP_ACCEPT + URING_FLAGS] = URING_EVENT(accept4, ACCEPT4),
	[IORING_OP_CONNECT] = URING_EVENT(connect, CONNECT),
	[IORING_OP_OPENAT] = URING_EVENT(openat, OPENAT),
	[IORING_OP_OPENAT2] = URING_EVENT(openat2, OPENAT2),
	[IORING_OP_CLOSE] = URING_EVENT(close, CLOSE),
	[IORING_OP_SHUTDOWN] = URING_EVENT(shutdown, SHUTDOWN),
	[IORING_OP_RENAMEAT] = URING_EVENT(renameat, RENAMEAT),
	[IORING_OP_RENAMEAT + URING_FLAGS] = URING_EVENT(renameat2, RENAMEAT2),
	[IORING_OP_UNLINKAT] = URING_EVENT(unlinkat, UNLINKAT),
	[IORING_OP_MKDIRAT] = URING_EVENT(mkdirat, MKDIRAT),
	[IORING_OP_SYMLINKAT] = URING_EVENT(symlinkat, SYMLINKAT),
	[IORING_OP_LINKAT] = URING_EVENT(linkat, LINKAT),
	[IORING_OP_SOCKET] = URING_EVENT(socket, SOCKET),
	[IORING_OP_BIND] = URING_EVENT(bind, BIND),
	[IORING_OP_LISTEN] = URING_EVENT(listen, LISTEN),
};

/* Index of the event of a request. */
__noinline __u32 uring__index(__u64 request)
{
	__u32 index = kernel__get(kernel__cast(struct io_kiocb, request), opcode) % URING_FLAGS, flags = 0;

	if (index == IORING_OP_ACCEPT)
		flags = kernel__get(uring__args(struct io_accept, request), flags);
	else if (index == IORING_OP_RENAMEAT)
		flags = kernel__get(uring__args(struct io_rename, request), flags);
	return flags ? index + URING_FLAGS : index;
}

static __always_inline bool uring__is_wanted(__u32 index)
{
	const struct uring_event *event;

	barrier_var(index); /* one register for check and use */
	if (index >= 2 * URING_FLAGS)
		return false;
	event = &uring__events[index];
	return event->type && event->slot < PROBE_SLOTS && g_wanted_slots[event->slot];
}

/* Fill the header of the record. */
__noinline int uring__start(struct record *rec, __u64 request, __u32 index)
{
	__u64 submitter = uring__submitter(request);
	const struct uring_event *event;

	barrier_var(index); /* one register for check and use */
	if (!rec || index >= 2 * URING_FLAGS)
		return 0;
	event = &uring__events[index];
	event__start(&rec->hdr, kernel__cast(struct task_struct, submitter), event->type, event->slot, event->fixed,
		     SCRATCH_URING);
	rec->hdr.flags |= EVF_IO_URING;
	return 0;
}

/* Attached.  Begins the record, as if the system call had come from the thread that submits. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(uring_submit, struct io_kiocb *kiocb)
{
	struct uring_work *work = uring__work();
	struct record *rec;
	__u32 index;

	if (!work || !scope__has(kernel__current()))
		return 0;
	/* As a number: the verifier would treat a direct read as a pointer. */
	bpf_probe_read_kernel(&work->request, sizeof(work->request), ctx);
	index = uring__index(work->request);
	if (!uring__is_wanted(index))
		return 0;
	rec = event__scratch(SCRATCH_URING);
	if (!rec)
		return 0;
	uring__start(rec, work->request, index);
	if (g_cfg.needs_task_state)
		task_state__fill(rec, rec->hdr.len);
	bpf_tail_call_static(ctx, &uring_stages, 0);
	return 0;
}
