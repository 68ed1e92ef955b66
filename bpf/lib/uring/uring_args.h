/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the arguments of a request say of its event.
 */
#ifndef TIERCEL_URING_ARGS_H
#define TIERCEL_URING_ARGS_H

#include "lib/object/file.h"
#include "lib/uring/uring.h"

/* The part of the record that belongs to its event, without its header, as zeros. */
#define uring__begin(name, rec)                                                                                        \
	({                                                                                                             \
		struct ev_##name *__ev = (void *)(rec);                                                                \
                                                                                                                       \
		__builtin_memset((char *)__ev + sizeof(struct ev_hdr), 0, event__fixed(name) - sizeof(struct ev_hdr)); \
		__ev;                                                                                                  \
	})

/* The struct filename of a request: a pointer, or in newer kernels (Linux 7.3 is one) a struct around a pointer. */
#define uring__filename(type, args, member)                                                      \
	(bpf_core_field_exists(((struct type##___delayed *)0)->member.__incomplete_filename) ?   \
		 kernel__addr((struct type##___delayed *)(args), member.__incomplete_filename) : \
		 kernel__addr(args, member))

/* A name that the kernel has taken over. */
__noinline __u64 uring__path_at(struct record *rec, __u64 filename, int dirfd)
{
	struct filename *name = kernel__cast(struct filename, filename);
	struct ev_ref ref;

	if (!rec)
		return 0;
	ref = event__kernel_str(&rec->hdr, (void *)kernel__addr(name, name));
	return args__with_base(rec, ref.off | (__u32)ref.len << 16, dirfd);
}

static __always_inline void uring__path(struct ev_hdr *hdr, struct ev_path *out, __u64 filename, int dirfd)
{
	__u64 packed = uring__path_at((struct record *)hdr, filename, dirfd);

	out->name = event__unpack((__u32)packed);
	out->base = event__unpack(packed >> 32);
}

static __always_inline int uring__fd(__u64 request)
{
	struct io_kiocb *kiocb = kernel__cast(struct io_kiocb, request);

	/* A file of the ring's own table has no descriptor. */
	return kernel__get(kiocb, flags) & URING_FIXED_FILE ? -EBADF : kernel__get(kiocb, cqe.fd);
}

/* O_LARGEFILE, which io_uring adds by itself. */
#define URING_LARGEFILE 0x8000

static __always_inline void uring__openat(struct record *rec, __u64 request, struct uring_note *note)
{
	struct ev_openat *ev = uring__begin(openat, rec);
	struct io_open *args = uring__args(struct io_open, request);
	__u64 flags;

	flags = kernel__get(args, how.flags) & ~URING_LARGEFILE;
	ev->dirfd = kernel__get(args, dfd);
	uring__path(&ev->hdr, &ev->name, uring__filename(io_open, args, filename), ev->dirfd);
	ev->flags = native__open_flags(flags);
	ev->mode = native__open_mode(flags, kernel__get(args, how.mode));
	note->direct = kernel__get(args, file_slot);
}

static __always_inline void uring__openat2(struct record *rec, __u64 request, struct uring_note *note)
{
	struct ev_openat2 *ev = uring__begin(openat2, rec);
	struct io_open *args = uring__args(struct io_open, request);
	__u64 flags;

	flags = kernel__get(args, how.flags) & ~URING_LARGEFILE;
	ev->dirfd = kernel__get(args, dfd);
	uring__path(&ev->hdr, &ev->name, uring__filename(io_open, args, filename), ev->dirfd);
	ev->flags = native__open_flags(flags);
	ev->mode = native__open_mode(flags, kernel__get(args, how.mode));
	ev->resolve = native__openat2_resolve(kernel__get(args, how.resolve));
	note->direct = kernel__get(args, file_slot);
}

static __always_inline void uring__close(struct record *rec, __u64 request)
{
	struct ev_close *ev = uring__begin(close, rec);
	struct io_close *args = uring__args(struct io_close, request);

	ev->fd = kernel__get(args, file_slot) ? -EBADF : kernel__get(args, fd);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
}

static __always_inline void uring__unlinkat(struct record *rec, __u64 request)
{
	struct ev_unlinkat *ev = uring__begin(unlinkat, rec);
	struct io_unlink *args = uring__args(struct io_unlink, request);

	ev->dirfd = kernel__get(args, dfd);
	uring__path(&ev->hdr, &ev->name, uring__filename(io_unlink, args, filename), ev->dirfd);
	ev->flags = native__unlinkat_flags(kernel__get(args, flags));
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);
}

static __always_inline void uring__renameat(struct record *rec, __u64 request)
{
	struct io_rename *args = uring__args(struct io_rename, request);
	struct ev_renameat *ev = uring__begin(renameat, rec);

	ev->olddirfd = kernel__get(args, old_dfd);
	uring__path(&ev->hdr, &ev->oldpath, uring__filename(io_rename, args, oldpath), ev->olddirfd);
	ev->newdirfd = kernel__get(args, new_dfd);
	uring__path(&ev->hdr, &ev->newpath, uring__filename(io_rename, args, newpath), ev->newdirfd);
}

static __always_inline void uring__renameat2(struct record *rec, __u64 request)
{
	struct io_rename *args = uring__args(struct io_rename, request);
	struct ev_renameat2 *ev = uring__begin(renameat2, rec);

	ev->olddirfd = kernel__get(args, old_dfd);
	uring__path(&ev->hdr, &ev->oldpath, uring__filename(io_rename, args, oldpath), ev->olddirfd);
	ev->newdirfd = kernel__get(args, new_dfd);
	uring__path(&ev->hdr, &ev->newpath, uring__filename(io_rename, args, newpath), ev->newdirfd);
	ev->flags = kernel__get(args, flags);
}

static __always_inline void uring__mkdirat(struct record *rec, __u64 request)
{
	struct ev_mkdirat *ev = uring__begin(mkdirat, rec);
	struct io_mkdir *args = uring__args(struct io_mkdir, request);

	ev->dirfd = kernel__get(args, dfd);
	uring__path(&ev->hdr, &ev->path, uring__filename(io_mkdir, args, filename), ev->dirfd);
	ev->mode = kernel__get(args, mode);
	file__fill(&ev->hdr, &ev->file, ev->dirfd, EV_ROLE_NONE);
}

static __always_inline void uring__symlinkat(struct record *rec, __u64 request)
{
	struct ev_symlinkat *ev = uring__begin(symlinkat, rec);
	struct io_link *args = uring__args(struct io_link, request);
	struct filename *target;

	target = kernel__cast(struct filename, uring__filename(io_link, args, oldpath));
	ev->target = event__kernel_str(&ev->hdr, (void *)kernel__addr(target, name));
	ev->linkdirfd = kernel__get(args, new_dfd);
	uring__path(&ev->hdr, &ev->linkpath, uring__filename(io_link, args, newpath), ev->linkdirfd);
	file__fill(&ev->hdr, &ev->file, ev->linkdirfd, EV_ROLE_NONE);
}

static __always_inline void uring__linkat(struct record *rec, __u64 request)
{
	struct ev_linkat *ev = uring__begin(linkat, rec);
	struct io_link *args = uring__args(struct io_link, request);

	ev->olddir = kernel__get(args, old_dfd);
	uring__path(&ev->hdr, &ev->oldpath, uring__filename(io_link, args, oldpath), ev->olddir);
	ev->newdir = kernel__get(args, new_dfd);
	uring__path(&ev->hdr, &ev->newpath, uring__filename(io_link, args, newpath), ev->newdir);
	ev->flags = native__linkat_flags(kernel__get(args, flags));
}

static __always_inline void uring__socket(struct record *rec, __u64 request, struct uring_note *note)
{
	struct ev_socket *ev = uring__begin(socket, rec);
	struct io_socket *args = uring__args(struct io_socket, request);

	ev->domain = kernel__get(args, domain);
	ev->type = kernel__get(args, type);
	ev->proto = kernel__get(args, protocol);
	ev->flags = native__socket_flags(ev->type);
	note->direct = kernel__get(args, file_slot);
}

static __always_inline void uring__accept(struct record *rec, __u64 request, struct uring_note *note)
{
	struct io_accept *args = uring__args(struct io_accept, request);

	uring__begin(accept, rec);
	note->direct = kernel__get(args, file_slot);
	note->several = kernel__get(args, iou_flags) & IORING_ACCEPT_MULTISHOT;
}

static __always_inline void uring__accept4(struct record *rec, __u64 request, struct uring_note *note)
{
	struct io_accept *args = uring__args(struct io_accept, request);
	struct ev_accept4 *ev = uring__begin(accept4, rec);

	ev->flags = native__socket_flags(kernel__get(args, flags));
	note->direct = kernel__get(args, file_slot);
	note->several = kernel__get(args, iou_flags) & IORING_ACCEPT_MULTISHOT;
}

static __always_inline void uring__connect(struct record *rec, __u64 request, struct uring_note *note)
{
	struct ev_connect *ev = uring__begin(connect, rec);
	struct io_connect *args = uring__args(struct io_connect, request);

	ev->fd = uring__fd(request);
	note->user = kernel__addr(args, addr);
	note->user_len = kernel__get(args, addr_len);
}

/* The address lies where only the operation itself finds it: it is read from the socket, when that has it. */
static __always_inline void uring__bind(struct record *rec, __u64 request)
{
	struct ev_bind *ev = uring__begin(bind, rec);

	ev->fd = uring__fd(request);
}

static __always_inline void uring__listen(struct record *rec, __u64 request)
{
	struct ev_listen *ev = uring__begin(listen, rec);
	struct io_listen *args = uring__args(struct io_listen, request);

	ev->fd = uring__fd(request);
	ev->backlog = kernel__get(args, backlog);
}

static __always_inline void uring__shutdown(struct record *rec, __u64 request)
{
	struct ev_shutdown *ev = uring__begin(shutdown, rec);
	struct io_shutdown *args = uring__args(struct io_shutdown, request);

	ev->fd = uring__fd(request);
	ev->how = kernel__get(args, how);
}

/* Operations that move data: what they move is read when it has been moved. */
#define URING_DATA(name)                                                             \
	static __always_inline void uring__##name(struct record *rec, __u64 request) \
	{                                                                            \
		struct ev_##name *ev = uring__begin(name, rec);                      \
                                                                                     \
		ev->fd = uring__fd(request);                                         \
	}

URING_DATA(read)
URING_DATA(readv)
URING_DATA(write)
URING_DATA(writev)
URING_DATA(send)
URING_DATA(sendmsg)
URING_DATA(recv)
URING_DATA(recvmsg)

static __always_inline void uring__note_rw(__u64 request, struct uring_note *note)
{
	struct io_rw *args = uring__args(struct io_rw, request);

	note->user = kernel__get(args, addr);
	note->user_len = kernel__get(args, len);
}

static __always_inline void uring__note_msg(__u64 request, struct uring_note *note)
{
	struct io_sr_msg *args = uring__args(struct io_sr_msg, request);

	note->user = kernel__addr(args, buf);
	note->user_len = kernel__get(args, len);
}

static __always_inline void uring__note_received(__u64 request, struct uring_note *note)
{
	struct io_sr_msg *args = uring__args(struct io_sr_msg, request);

	uring__note_msg(request, note);
	note->several = kernel__get(args, flags) & IORING_RECV_MULTISHOT;
}

/* Fill the record and the note from the arguments of a request. */
static __always_inline void uring__fill(struct record *rec, __u64 request, struct uring_note *note)
{
	switch (rec->hdr.type) {
	case EV_READ:
		uring__note_rw(request, note);
		note->several = kernel__get(kernel__cast(struct io_kiocb, request), opcode) == IORING_OP_READ_MULTISHOT;
		return uring__read(rec, request);
	case EV_READV:
		uring__note_rw(request, note);
		return uring__readv(rec, request);
	case EV_WRITE:
		uring__note_rw(request, note);
		return uring__write(rec, request);
	case EV_WRITEV:
		uring__note_rw(request, note);
		return uring__writev(rec, request);
	case EV_SEND:
		uring__note_msg(request, note);
		return uring__send(rec, request);
	case EV_SENDMSG:
		uring__note_msg(request, note);
		return uring__sendmsg(rec, request);
	case EV_RECV:
		uring__note_received(request, note);
		return uring__recv(rec, request);
	case EV_RECVMSG:
		uring__note_received(request, note);
		return uring__recvmsg(rec, request);
	case EV_ACCEPT:
		return uring__accept(rec, request, note);
	case EV_ACCEPT4:
		return uring__accept4(rec, request, note);
	case EV_CONNECT:
		return uring__connect(rec, request, note);
	case EV_OPENAT:
		return uring__openat(rec, request, note);
	case EV_OPENAT2:
		return uring__openat2(rec, request, note);
	case EV_CLOSE:
		return uring__close(rec, request);
	case EV_SHUTDOWN:
		return uring__shutdown(rec, request);
	case EV_RENAMEAT:
		return uring__renameat(rec, request);
	case EV_RENAMEAT2:
		return uring__renameat2(rec, request);
	case EV_UNLINKAT:
		return uring__unlinkat(rec, request);
	case EV_MKDIRAT:
		return uring__mkdirat(rec, request);
	case EV_SYMLINKAT:
		return uring__symlinkat(rec, request);
	case EV_LINKAT:
		return uring__linkat(rec, request);
	case EV_SOCKET:
		if (bpf_core_type_exists(struct io_socket))
			uring__socket(rec, request, note);
		return;
	case EV_BIND:
		if (bpf_core_type_exists(struct io_bind))
			uring__bind(rec, request);
		return;
	case EV_LISTEN:
		if (bpf_core_type_exists(struct io_listen))
			uring__listen(rec, request);
		return;
	}
}

#endif
