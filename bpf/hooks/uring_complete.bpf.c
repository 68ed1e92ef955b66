/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A request of io_uring is done: in the thread that submitted it, in a worker, or in the thread that polls the ring,
 * all of which share memory and descriptors.
 */
#include "lib/uring/uring.h"

/* Describe the file of the request. */
static __always_inline void uring__fill_file(struct record *rec, struct uring_work *e, struct ev_file *out,
					     enum ev_role role)
{
	file__describe(rec, (char *)out - (char *)rec, e->file, role);
}

/* Describe the socket of a request that names its destination. */
static __always_inline void uring__fill_to(struct record *rec, struct uring_work *e, struct ev_file *out,
					   enum ev_role role)
{
	uring__fill_file(rec, e, out, role);
	e->target.user = e->note.user;
	e->target.user_len = e->note.user_len;
	e->target.at = (char *)out - (char *)rec;
	e->target.role = role;
	tuple__aim(rec, e->file, &e->target);
}

static __always_inline struct ev_ref uring__tuple(struct record *rec, __u64 file, bool outbound, __u64 user,
						  __u32 user_len)
{
	return event__unpack(tuple__socket_at(rec, file, outbound, user, user_len));
}

/* Whether the call made a descriptor. */
static __always_inline bool uring__has_fd(const struct uring_work *e)
{
	return e->ret >= 0 && e->reachable && !e->note.direct;
}

#define URING_END_OPEN(event)                                                                    \
	static __always_inline void uring__end_##event(struct record *rec, struct uring_work *e) \
	{                                                                                        \
		struct ev_##event *ev = uring__struct(event, rec);                               \
                                                                                                 \
		ev->fd = e->ret;                                                                 \
		if (uring__has_fd(e)) {                                                          \
			ev->flags |= file__fill_opened(&ev->hdr, &ev->file, e->ret);             \
			ev->name.real = ev->file.path;                                           \
			ev->dev = ev->file.dev;                                                  \
			ev->ino = ev->file.ino;                                                  \
		} else if (e->ret >= 0) {                                                        \
			/* The new file has no descriptor to find it by. */                      \
			lookup__want(&ev->hdr, &ev->name, ev->dirfd, LOOKUP_OBJECT);             \
		}                                                                                \
	}

URING_END_OPEN(openat)
URING_END_OPEN(openat2)

#define URING_END_ACCEPT(name)                                                                     \
	static __always_inline void uring__end_##name(struct record *rec, struct uring_work *e)    \
	{                                                                                          \
		struct ev_##name *ev = uring__struct(name, rec);                                   \
		struct sock_queue queue;                                                           \
		__u64 file;                                                                        \
                                                                                                   \
		ev->fd = e->ret;                                                                   \
		if (uring__has_fd(e)) {                                                            \
			file = args__file(e->ret);                                                 \
			ev->tuple = uring__tuple(rec, file, false, 0, 0);                          \
			file__describe(rec, (char *)&ev->file - (char *)ev, file, EV_ROLE_SERVER); \
			queue = sock__queue(e->file);                                              \
			ev->queuelen = queue.len;                                                  \
			ev->queuemax = queue.max;                                                  \
			ev->queuepct = queue.percent;                                              \
		}                                                                                  \
	}

URING_END_ACCEPT(accept)
URING_END_ACCEPT(accept4)

static __always_inline void uring__end_socket(struct record *rec, struct uring_work *e)
{
	struct ev_socket *ev = uring__struct(socket, rec);

	ev->fd = e->ret;
	if (uring__has_fd(e))
		file__fill(&ev->hdr, &ev->file, e->ret, EV_ROLE_NONE);
}

static __always_inline void uring__end_connect(struct record *rec, struct uring_work *e)
{
	struct ev_connect *ev = uring__struct(connect, rec);

	ev->res = e->ret;
	if (e->ret == 0 || e->ret == -EINPROGRESS)
		ev->tuple = uring__tuple(rec, e->file, true, e->note.user, e->note.user_len);
	ev->addr = tuple__user_addr(&ev->hdr, e->note.user, e->note.user_len);
	uring__fill_to(rec, e, &ev->file, EV_ROLE_CLIENT);
}

static __always_inline void uring__end_send(struct record *rec, struct uring_work *e)
{
	struct ev_send *ev = uring__struct(send, rec);

	ev->res = e->ret;
	ev->size = e->note.user_len;
	if (e->ret >= 0)
		ev->tuple = uring__tuple(rec, e->file, true, 0, 0);
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	ev->data = data__sent(&ev->hdr, e->note.user, ev->size, e->ret);
}

static __always_inline void uring__end_recv(struct record *rec, struct uring_work *e)
{
	struct ev_recv *ev = uring__struct(recv, rec);

	ev->res = e->ret;
	ev->size = e->note.user_len;
	if (e->ret >= 0)
		ev->tuple = uring__tuple(rec, e->file, false, 0, 0);
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	ev->data = data__received(&ev->hdr, e->note.user, e->ret);
}

static __always_inline void uring__end_sendmsg(struct record *rec, struct uring_work *e)
{
	struct ev_sendmsg *ev = uring__struct(sendmsg, rec);
	struct iovec_payload sent;

	iovec__msg(&ev->hdr, e->note.user, &e->msg);
	ev->res = e->ret;
	if (e->ret >= 0)
		ev->tuple = uring__tuple(rec, e->file, true, e->msg.name, e->msg.namelen);
	e->note.user = e->msg.name;
	e->note.user_len = e->msg.namelen;
	uring__fill_to(rec, e, &ev->file, EV_ROLE_NONE);
	sent = iovec__sent(&ev->hdr, e->msg.iov, e->msg.iovlen, e->ret);
	ev->data = sent.data;
	ev->size = sent.size;
}

static __always_inline void uring__end_recvmsg(struct record *rec, struct uring_work *e)
{
	struct ev_recvmsg *ev = uring__struct(recvmsg, rec);

	iovec__msg(&ev->hdr, e->note.user, &e->msg);
	ev->res = e->ret;
	ev->size = e->ret > 0 ? e->ret : 0;
	if (e->ret >= 0)
		ev->tuple = uring__tuple(rec, e->file, false, e->msg.name, e->msg.namelen);
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	if (e->ret >= 0)
		ev->msgcontrol = iovec__control(&ev->hdr, &e->msg);
	ev->data = iovec__received(&ev->hdr, e->msg.iov, e->msg.iovlen, e->ret);
}

static __always_inline void uring__end_read(struct record *rec, struct uring_work *e)
{
	struct ev_read *ev = uring__struct(read, rec);

	ev->res = e->ret;
	ev->size = e->note.user_len;
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	ev->data = data__received(&ev->hdr, e->note.user, e->ret);
}

static __always_inline void uring__end_write(struct record *rec, struct uring_work *e)
{
	struct ev_write *ev = uring__struct(write, rec);

	ev->res = e->ret;
	ev->size = e->note.user_len;
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	ev->data = data__sent(&ev->hdr, e->note.user, ev->size, e->ret);
}

static __always_inline void uring__end_readv(struct record *rec, struct uring_work *e)
{
	struct ev_readv *ev = uring__struct(readv, rec);

	ev->res = e->ret;
	ev->size = e->ret > 0 ? e->ret : 0;
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	ev->data = iovec__received(&ev->hdr, e->note.user, e->note.user_len, e->ret);
}

static __always_inline void uring__end_writev(struct record *rec, struct uring_work *e)
{
	struct ev_writev *ev = uring__struct(writev, rec);
	struct iovec_payload sent;

	ev->res = e->ret;
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
	sent = iovec__sent(&ev->hdr, e->note.user, e->note.user_len, e->ret);
	ev->data = sent.data;
	ev->size = sent.size;
}

/* Append the address that a socket has got. */
__noinline __u32 uring__local_at(struct record *rec, __u64 file)
{
	struct sock_ends ends;
	__u32 off, start;
	__u64 sk;

	if (!rec || !event__room(rec, &off))
		return 0;
	start = off;
	sk = sock__of_file(file);
	if (!sk)
		return 0;
	rec->bytes[off] = sock__family(sk);
	switch (sock__family(sk)) {
	case AF_INET:
		sock__ends(&ends, sk);
		__builtin_memcpy(&rec->bytes[off + 1], ends.local.addr, 4);
		__builtin_memcpy(&rec->bytes[off + 5], &ends.local.port, 2);
		event__took(rec, off, 7);
		break;
	case AF_INET6:
		sock__ends(&ends, sk);
		__builtin_memcpy(&rec->bytes[off + 1], ends.local.addr, 16);
		__builtin_memcpy(&rec->bytes[off + 17], &ends.local.port, 2);
		event__took(rec, off, 19);
		break;
	case AF_UNIX:
		event__took(rec, off, 1);
		sock__unix_name(rec, sk, true);
		break;
	default:
		event__took(rec, off, 1);
		break;
	}
	return start | (rec->hdr.len - start) << 16;
}

static __always_inline void uring__end_bind(struct record *rec, struct uring_work *e)
{
	struct ev_bind *ev = uring__struct(bind, rec);

	ev->res = e->ret;
	if (!e->ret)
		ev->addr = event__unpack(uring__local_at(rec, e->file));
	uring__fill_file(rec, e, &ev->file, EV_ROLE_SERVER);
}

static __always_inline void uring__end_listen(struct record *rec, struct uring_work *e)
{
	struct ev_listen *ev = uring__struct(listen, rec);

	ev->res = e->ret;
	uring__fill_file(rec, e, &ev->file, EV_ROLE_SERVER);
}

static __always_inline void uring__end_shutdown(struct record *rec, struct uring_work *e)
{
	struct ev_shutdown *ev = uring__struct(shutdown, rec);

	ev->res = e->ret;
	uring__fill_file(rec, e, &ev->file, EV_ROLE_NONE);
}

/* Operations on one entry of a directory: its path is looked up after the fact, as for the system calls. */
#define URING_END_ENTRY(name, path, dirfd)                                                      \
	static __always_inline void uring__end_##name(struct record *rec, struct uring_work *e) \
	{                                                                                       \
		struct ev_##name *ev = uring__struct(name, rec);                                \
                                                                                                \
		ev->res = e->ret;                                                               \
		lookup__want(&ev->hdr, &ev->path, ev->dirfd, LOOKUP_ENTRY);                     \
	}

URING_END_ENTRY(unlinkat, name, dirfd)
URING_END_ENTRY(mkdirat, path, dirfd)
URING_END_ENTRY(symlinkat, linkpath, linkdirfd)

#define URING_END_ENTRIES(name, olddirfd, newdirfd)                                                                  \
	static __always_inline void uring__end_##name(struct record *rec, struct uring_work *e, enum lookup_how old) \
	{                                                                                                            \
		struct ev_##name *ev = uring__struct(name, rec);                                                     \
                                                                                                                     \
		ev->res = e->ret;                                                                                    \
		lookup__want(&ev->hdr, &ev->oldpath, ev->olddirfd, old);                                             \
		lookup__want_second(&ev->hdr, &ev->newpath, ev->newdirfd, LOOKUP_ENTRY);                             \
	}

URING_END_ENTRIES(renameat, olddirfd, newdirfd)
URING_END_ENTRIES(renameat2, olddirfd, newdirfd)
URING_END_ENTRIES(linkat, olddir, newdir)

/* Fill the record with the values of the completion. */
static __always_inline void uring__finish(struct record *rec, struct uring_work *e)
{
	struct ev_linkat *linkat = uring__struct(linkat, rec);

	switch (rec->hdr.type) {
	case EV_OPENAT:
		return uring__end_openat(rec, e);
	case EV_OPENAT2:
		return uring__end_openat2(rec, e);
	case EV_CLOSE:
		uring__struct(close, rec)->res = e->ret;
		return;
	case EV_ACCEPT:
		return uring__end_accept(rec, e);
	case EV_ACCEPT4:
		return uring__end_accept4(rec, e);
	case EV_SOCKET:
		return uring__end_socket(rec, e);
	case EV_CONNECT:
		return uring__end_connect(rec, e);
	case EV_BIND:
		return uring__end_bind(rec, e);
	case EV_LISTEN:
		return uring__end_listen(rec, e);
	case EV_SHUTDOWN:
		return uring__end_shutdown(rec, e);
	case EV_READ:
		return uring__end_read(rec, e);
	case EV_READV:
		return uring__end_readv(rec, e);
	case EV_WRITE:
		return uring__end_write(rec, e);
	case EV_WRITEV:
		return uring__end_writev(rec, e);
	case EV_SEND:
		return uring__end_send(rec, e);
	case EV_SENDMSG:
		return uring__end_sendmsg(rec, e);
	case EV_RECV:
		return uring__end_recv(rec, e);
	case EV_RECVMSG:
		return uring__end_recvmsg(rec, e);
	case EV_UNLINKAT:
		return uring__end_unlinkat(rec, e);
	case EV_MKDIRAT:
		return uring__end_mkdirat(rec, e);
	case EV_SYMLINKAT:
		return uring__end_symlinkat(rec, e);
	case EV_RENAMEAT:
		return uring__end_renameat(rec, e, LOOKUP_ENTRY);
	case EV_RENAMEAT2:
		return uring__end_renameat2(rec, e, LOOKUP_ENTRY);
	case EV_LINKAT:
		return uring__end_linkat(
			rec, e, linkat->flags & EV_LINKAT_FLAGS_AT_SYMLINK_FOLLOW ? LOOKUP_OBJECT : LOOKUP_NOFOLLOW);
	}
}

/* Get the record of a request, out of the maps if this is its end; false if it was not kept. */
static __always_inline bool uring__take(struct record *rec, __u64 request, bool is_end)
{
	struct uring_small *small = bpf_map_lookup_elem(&uring_requests, &request);
	struct uring_large *large;

	if (small) {
		bpf_probe_read_kernel(rec, sizeof(*small), small);
		if (is_end)
			bpf_map_delete_elem(&uring_requests, &request);
		return true;
	}
	large = bpf_map_lookup_elem(&uring_names, &request);
	if (!large)
		return false;
	bpf_probe_read_kernel(rec, sizeof(*large), large);
	if (is_end)
		bpf_map_delete_elem(&uring_names, &request);
	return true;
}

/* The completion as programs get it. */
struct uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

/* Find the request of a result that does not name it: one of several. */
__noinline __u64 uring__of_several(void)
{
	struct uring_work *e = uring__work();
	struct uring_name name = {};
	struct uring_cqe cqe = {};
	__u64 *request;

	if (!e)
		return 0;
	cqe.user_data = e->completed.entry;
	cqe.res = e->completed.res;
	if ((__s64)e->completed.entry < 0) /* an address of the kernel */
		bpf_probe_read_kernel(&cqe, sizeof(cqe), (void *)e->completed.entry);
	name.ring = e->completed.ring;
	name.user_data = cqe.user_data;
	e->ret = cqe.res;
	request = bpf_map_lookup_elem(&uring_several, &name);
	return request ? *request : 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_complete)
{
	struct uring_work *e = uring__work();
	struct io_kiocb *request;
	struct uring_note *note;
	struct record *rec;
	struct lookup *l;

	if (!e)
		return 0;
	bpf_probe_read_kernel(&e->completed, sizeof(e->completed), ctx);
	e->request = e->completed.request ?: uring__of_several();
	rec = event__scratch(SCRATCH_URING);
	if (!e->request || !rec || !uring__take(rec, e->request, e->completed.request))
		return 0;
	note = uring__note(rec);
	if (!note)
		return 0;
	e->note = *note;
	request = kernel__cast(struct io_kiocb, e->request);
	if (e->note.name.ring != kernel__addr(request, ctx) ||
	    e->note.name.user_data != kernel__get(request, cqe.user_data))
		return 0;
	if (e->completed.request)
		e->ret = kernel__get(request, cqe.res);
	if (e->ret < 0 && g_cfg.drop_failed)
		return 0;
	e->file = kernel__addr(request, file);
	e->reachable = (__u32)kernel__current()->tgid == rec->hdr.tgid;
	rec->hdr.time_ns = bpf_ktime_get_boot_ns();
	rec->hdr.cpu = bpf_get_smp_processor_id();
	l = lookup__get();
	if (l)
		l->count = 0;
	uring__finish(rec, e);
	if (l && l->count && e->reachable && lookup__has_result(e->ret)) {
		lookup__do(rec, 0);
		if (l->count > 1)
			lookup__do(rec, 1);
	}
	return event__submit(&rec->hdr);
}
