/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A request of io_uring is done: in the thread that submitted it, in a worker, or in the thread that polls the ring, all
 * of which share memory and descriptors.
 */
#include "lib/uring.h"

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

/* Fill the record with what is known now. */
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

/* Take the record of a request out of the maps; false if it was not kept. */
static __always_inline bool uring__take(struct record *rec, __u64 request)
{
	struct uring_small *small = bpf_map_lookup_elem(&uring_requests, &request);
	struct uring_large *large;

	if (small) {
		bpf_probe_read_kernel(rec, sizeof(*small), small);
		bpf_map_delete_elem(&uring_requests, &request);
		return true;
	}
	large = bpf_map_lookup_elem(&uring_names, &request);
	if (!large)
		return false;
	bpf_probe_read_kernel(rec, sizeof(*large), large);
	bpf_map_delete_elem(&uring_names, &request);
	return true;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(uring_complete, struct io_ring_ctx *ring, void *completed)
{
	struct io_kiocb *request = kernel__cast(struct io_kiocb, completed);
	struct uring_work *e = uring__work();
	struct uring_note *note;
	struct record *rec;
	struct lookup *l;

	if (!completed || !e)
		return 0; /* without a request: one of several results */
	rec = event__scratch(SCRATCH_URING);
	if (!rec || !uring__take(rec, (__u64)completed))
		return 0;
	note = uring__note(rec);
	if (!note)
		return 0;
	e->note = *note;
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
