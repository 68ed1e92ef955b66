/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Params of type SOCKADDR and SOCKTUPLE, in Falco's encoding: a byte with the family, then addresses in network order
 * and ports in host order, not aligned.
 */
#ifndef TIERCEL_TUPLE_H
#define TIERCEL_TUPLE_H

#include "lib/object/file.h"

struct tuple_in {
	__u8 family;
	__u8 source[4];
	__u8 sport[2];
	__u8 destination[4];
	__u8 dport[2];
};

struct tuple_in6 {
	__u8 family;
	__u8 source[16];
	__u8 sport[2];
	__u8 destination[16];
	__u8 dport[2];
};

struct tuple_un {
	__u8 family;
	__u8 source[8];
	__u8 destination[8];
	char path[];
};

#define TUPLE_COPY(out, in) __builtin_memcpy(out, in, sizeof(out))

/* Append the path of an address that a program passed, NUL-terminated; abstract names lose the NUL in front. */
static __always_inline void tuple__user_path(struct record *rec, const union sock_address *user, __u32 len)
{
	__u64 rest;
	__u32 off;

	if (!event__room(rec, &off))
		return;
	if (len > sizeof(user->un))
		len = sizeof(user->un);
	if (len <= 2) {
		/* Unnamed. */
		rec->bytes[off] = 0;
		event__took(rec, off, 1);
	} else if (user->un.sun_path[0]) {
		len = bpf_probe_read_kernel_str(&rec->bytes[off], UNIX_PATH_MAX + 1, user->un.sun_path);
		if (len <= UNIX_PATH_MAX + 1)
			event__took(rec, off, len);
	} else {
		rest = len - 3;
		barrier_var(rest); /* one register for check and use */
		if (rest >= UNIX_PATH_MAX)
			return;
		bpf_probe_read_kernel(&rec->bytes[off], rest, user->un.sun_path + 1);
		len = sock__abstract_text(rec, off, rest);
		event__took(rec, off, len + 1);
	}
}

/* Close a value that began at `start`: all that was appended since. */
static __always_inline struct ev_ref tuple__since(struct record *rec, __u32 start)
{
	return event__ref(start, rec->hdr.len - start);
}

/* A sockaddr of `len` bytes that the program passed. */
__noinline __u32 tuple__user_addr_at(struct record *rec, __u64 addr, __u32 len)
{
	struct sock_passed passed = {};
	union sock_address *user = &passed.address;
	struct sock_end end = {};
	struct ev_ref ref;
	__u32 off;

	if (!rec || !sock__read_user(user, addr, len) || !event__room(rec, &off))
		return 0;
	rec->bytes[off] = user->family;
	switch (user->family) {
	case AF_INET:
		sock__user_end(&end, user);
		__builtin_memcpy(&rec->bytes[off + 1], end.addr, 4);
		__builtin_memcpy(&rec->bytes[off + 5], &end.port, 2);
		ref = event__took(rec, off, 7);
		break;
	case AF_INET6:
		sock__user_end(&end, user);
		__builtin_memcpy(&rec->bytes[off + 1], end.addr, 16);
		__builtin_memcpy(&rec->bytes[off + 17], &end.port, 2);
		ref = event__took(rec, off, 19);
		break;
	case AF_UNIX:
		event__took(rec, off, 1);
		tuple__user_path(rec, user, len);
		ref = tuple__since(rec, off);
		break;
	default:
		/* The family alone says which kind it was. */
		ref = event__took(rec, off, 1);
		break;
	}
	return ref.off | (__u32)ref.len << 16;
}

static __always_inline struct ev_ref tuple__user_addr(struct ev_hdr *hdr, unsigned long addr, __u32 len)
{
	return event__unpack(tuple__user_addr_at((struct record *)hdr, addr, len));
}

/* Append the two ends of an internet socket. */
static __always_inline struct ev_ref tuple__internet(struct record *rec, __u16 family, const struct sock_end *source,
						     const struct sock_end *destination)
{
	struct tuple_in6 *wide;
	struct tuple_in *narrow;
	__u32 off;

	if (!event__room(rec, &off))
		return NO_REF;
	if (family == AF_INET) {
		narrow = (struct tuple_in *)&rec->bytes[off];
		narrow->family = AF_INET;
		TUPLE_COPY(narrow->source, source->addr);
		TUPLE_COPY(narrow->sport, &source->port);
		TUPLE_COPY(narrow->destination, destination->addr);
		TUPLE_COPY(narrow->dport, &destination->port);
		return event__took(rec, off, sizeof(*narrow));
	}
	wide = (struct tuple_in6 *)&rec->bytes[off];
	wide->family = AF_INET6;
	TUPLE_COPY(wide->source, source->addr);
	TUPLE_COPY(wide->sport, &source->port);
	TUPLE_COPY(wide->destination, destination->addr);
	TUPLE_COPY(wide->dport, &destination->port);
	return event__took(rec, off, sizeof(*wide));
}

/*
 * Append the two ends of a unix socket: pointer of the receiving side, of the sending side, and path of the receiving
 * side.
 */
static __always_inline struct ev_ref tuple__unix(struct record *rec, __u64 own, bool outbound,
						 const union sock_address *user, __u32 user_len)
{
	__u64 peer = kernel__addr(kernel__cast(struct unix_sock, own), peer);
	__u64 receiver = outbound ? peer : own, sender = outbound ? own : peer;
	struct tuple_un *out;
	__u32 off;

	if (!event__room(rec, &off))
		return NO_REF;
	out = (struct tuple_un *)&rec->bytes[off];
	out->family = AF_UNIX;
	TUPLE_COPY(out->source, &receiver);
	TUPLE_COPY(out->destination, &sender);
	event__took(rec, off, sizeof(*out));
	if (!receiver || !sock__unix_name(rec, receiver, true).off)
		tuple__user_path(rec, user, user_len);
	return tuple__since(rec, off);
}

/*
 * The tuple of the socket of the struct file `addr`.  Outbound, the local end is the source.  `user` is the
 * address that the program passed: it stands for a remote end that the socket does not have.
 */
__noinline __u32 tuple__socket_at(struct record *rec, __u64 addr, bool outbound, __u64 user_addr, __u32 user_len)
{
	struct sock_passed passed = {};
	union sock_address *user = &passed.address;
	struct sock_ends ends;
	struct ev_ref ref;
	__u64 sk;

	if (!rec)
		return 0;
	sk = sock__of_file(addr);
	if (!sk)
		return 0;
	if (!sock__read_user(user, user_addr, user_len))
		user_len = 0;
	switch (sock__family(sk)) {
	case AF_INET:
	case AF_INET6:
		sock__ends(&ends, sk);
		if (!ends.remote.port)
			sock__user_end(&ends.remote, user);
		ref = tuple__internet(rec, ends.family, outbound ? &ends.local : &ends.remote,
				      outbound ? &ends.remote : &ends.local);
		break;
	case AF_UNIX:
		ref = tuple__unix(rec, sk, outbound, user, outbound ? user_len : 0); /* the sender has no part in it */
		break;
	default:
		return 0;
	}
	return ref.off | (__u32)ref.len << 16;
}

/* Where a call sends to, or received from, by its arguments, and where in the record its socket is described. */
struct tuple_target {
	__u64 user;
	__u32 user_len;
	__u32 at;
	enum ev_role role;
	bool inbound;
};

/*
 * Describe the internet socket of the struct file `addr` as if it were connected to `target`, unless it is
 * connected.  file__describe has filled the rest; it is not called from here, for the sake of the stack, of which all
 * functions in a row share 512 bytes on kernels before 6.13.
 */
__noinline int tuple__aim(struct record *rec, __u64 addr, const struct tuple_target *target)
{
	struct sock_passed passed = {};
	struct sock_ends ends;
	enum ev_role role;
	__u32 at;
	__u64 sk;

	if (!rec || !target)
		return 0;
	at = target->at;
	barrier_var(at); /* read once: the number that is checked is the one that is used */
	if (at > EV_MAX_LEN)
		return 0;
	sk = sock__of_file(addr);
	if (!sk || (sock__family(sk) != AF_INET && sock__family(sk) != AF_INET6))
		return 0;
	sock__ends(&ends, sk);
	if (ends.remote.port || !sock__read_user(&passed.address, target->user, target->user_len) ||
	    !sock__user_end(&ends.remote, &passed.address))
		return 0;
	role = target->role;
	if (target->inbound && ends.bound) /* others come to the port that the program chose */
		role = EV_ROLE_SERVER;
	sock__put_ends((struct ev_file *)&rec->bytes[at], kernel__cast(struct sock, sk), &ends, role);
	return 0;
}

static __always_inline void tuple__fill(struct ev_hdr *hdr, struct ev_file *out, int fd, struct tuple_target *target)
{
	target->at = (char *)out - (char *)hdr;
	file__fill(hdr, out, fd, target->role);
	if (target->user)
		tuple__aim((struct record *)hdr, args__file(fd), target);
}

/*
 * Fill `out`, the `file` member of the record at `hdr`, for a call that names its destination: even when it failed,
 * that is the far end.
 */
static __always_inline void tuple__fill_to(struct ev_hdr *hdr, struct ev_file *out, int fd, unsigned long user,
					   __u32 user_len, enum ev_role role)
{
	struct tuple_target target = { .user = user, .user_len = user_len, .role = role };

	tuple__fill(hdr, out, fd, &target);
}

/* The same for a call that says where what it received came from. */
static __always_inline void tuple__fill_from(struct ev_hdr *hdr, struct ev_file *out, int fd, unsigned long user,
					     __u32 user_len)
{
	struct tuple_target target = { .user = user, .user_len = user_len, .inbound = true };

	tuple__fill(hdr, out, fd, &target);
}

static __always_inline struct ev_ref tuple__outbound(struct ev_hdr *hdr, int fd, unsigned long user, __u32 user_len)
{
	return event__unpack(tuple__socket_at((struct record *)hdr, args__file(fd), true, user, user_len));
}

/* `user` is where the call left the sender's address. */
static __always_inline struct ev_ref tuple__inbound_from(struct ev_hdr *hdr, int fd, unsigned long user, __u32 user_len)
{
	return event__unpack(tuple__socket_at((struct record *)hdr, args__file(fd), false, user, user_len));
}

static __always_inline struct ev_ref tuple__inbound(struct ev_hdr *hdr, int fd)
{
	return tuple__inbound_from(hdr, fd, 0, 0);
}

#endif
