/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Values of socket options: a byte that says which kind of value follows, then the value.
 */
#ifndef TIERCEL_SOCKOPT_H
#define TIERCEL_SOCKOPT_H

#include "lib/param/args.h"

#define SOL_SOCKET 1

/* Options of SOL_SOCKET whose values are not a number of 32 bits. */
enum sockopt_name {
	SO_ERROR = 4,
	SO_LINGER = 13,
	SO_PEERCRED = 17,
	SO_RCVTIMEO_OLD = 20,
	SO_SNDTIMEO_OLD = 21,
	SO_ATTACH_FILTER = 26,
	SO_PEERNAME = 28,
	SO_ATTACH_BPF = 50,
	SO_MEMINFO = 55,
	SO_COOKIE = 57,
	SO_PEERGROUPS = 59,
	SO_RCVTIMEO_NEW = 66,
	SO_SNDTIMEO_NEW = 67,
};

/* In the order of the table sockopt_dynamic_param. */
enum sockopt_kind {
	SOCKOPT_BYTES,
	SOCKOPT_ERRNO,
	SOCKOPT_UINT32,
	SOCKOPT_UINT64,
	SOCKOPT_TIMEVAL,
};

static __always_inline enum sockopt_kind sockopt__kind(__u32 level, __u32 name)
{
	if (level != SOL_SOCKET)
		return SOCKOPT_BYTES;
	switch (name) {
	case SO_ERROR:
		return SOCKOPT_ERRNO;
	case SO_RCVTIMEO_OLD:
	case SO_SNDTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
	case SO_SNDTIMEO_NEW:
		return SOCKOPT_TIMEVAL;
	case SO_COOKIE:
		return SOCKOPT_UINT64;
	case SO_LINGER:
	case SO_PEERCRED:
	case SO_ATTACH_FILTER:
	case SO_PEERNAME:
	case SO_ATTACH_BPF:
	case SO_MEMINFO:
	case SO_PEERGROUPS:
		return SOCKOPT_BYTES;
	}
	return native__sockopt_option(name) ? SOCKOPT_UINT32 : SOCKOPT_BYTES;
}

/* Nanoseconds of a struct timeval, which has 32-bit members in the old options of 32-bit programs. */
static __always_inline __u64 sockopt__time(const struct ev_hdr *hdr, __u32 name, __u64 addr)
{
	bool old = name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD;
	__s32 narrow[2] = {};
	__s64 wide[2] = {};

	if (args__ia32(hdr) && old) {
		bpf_probe_read_user(narrow, sizeof(narrow), (void *)addr);
		return narrow[0] * 1000000000LL + narrow[1] * 1000LL;
	}
	bpf_probe_read_user(wide, sizeof(wide), (void *)addr);
	return wide[0] * 1000000000LL + wide[1] * 1000LL;
}

static __always_inline struct ev_ref sockopt__number(struct record *rec, enum sockopt_kind kind, __u64 number)
{
	__u32 off;

	if (!event__room(rec, &off))
		return NO_REF;
	rec->bytes[off] = kind;
	__builtin_memcpy(&rec->bytes[off + 1], &number, sizeof(number));
	return event__took(rec, off, 1 + (kind == SOCKOPT_UINT32 ? 4 : 8));
}

static __always_inline struct ev_ref sockopt__bytes(struct record *rec, __u64 addr, __u32 len)
{
	__u32 off;

	if (!event__room(rec, &off))
		return NO_REF;
	rec->bytes[off] = SOCKOPT_BYTES;
	event__took(rec, off, 1);
	event__user_bytes_at(rec, addr, len);
	return event__ref(off, rec->hdr.len - off);
}

/* Append the value of an option, `len` bytes at `addr`. */
__noinline __u32 sockopt__value_at(struct record *rec, __u32 level, __u32 name, __u64 addr, __u32 len)
{
	enum sockopt_kind kind = sockopt__kind(level, name);
	struct ev_ref ref;
	__u64 wide = 0;
	__u32 word = 0;

	if (!rec)
		return 0;
	switch (kind) {
	case SOCKOPT_BYTES:
		ref = sockopt__bytes(rec, addr, (__s32)len < 0 ? 0 : len);
		break;
	case SOCKOPT_ERRNO:
		bpf_probe_read_user(&word, sizeof(word), (void *)addr);
		ref = sockopt__number(rec, kind, -(__s64)(__s32)word);
		break;
	case SOCKOPT_UINT32:
		bpf_probe_read_user(&word, sizeof(word), (void *)addr);
		ref = sockopt__number(rec, kind, word);
		break;
	case SOCKOPT_UINT64:
		bpf_probe_read_user(&wide, sizeof(wide), (void *)addr);
		ref = sockopt__number(rec, kind, wide);
		break;
	default:
		ref = sockopt__number(rec, kind, sockopt__time(&rec->hdr, name, addr));
		break;
	}
	return ref.off | (__u32)ref.len << 16;
}

/* Fill what setsockopt and getsockopt have in common: all but optlen. */
#define sockopt__fill(ev, regs, len)                                                                \
	do {                                                                                        \
		__u32 __level = args__net(&(ev)->hdr, regs, 1);                                     \
		__u32 __name = args__net(&(ev)->hdr, regs, 2);                                      \
                                                                                                    \
		(ev)->fd = (int)args__net(&(ev)->hdr, regs, 0);                                     \
		(ev)->level = native__sockopt_level(__level);                                       \
		(ev)->optname = __level == SOL_SOCKET ? native__sockopt_option(__name) : 0;         \
		(ev)->val = event__unpack(sockopt__value_at((struct record *)(ev), __level, __name, \
							    args__net(&(ev)->hdr, regs, 3), len));  \
	} while (0)

#endif
