/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Params of type FDLIST: how many descriptors, then each with what it is ready for.
 */
#ifndef TIERCEL_POLLFD_H
#define TIERCEL_POLLFD_H

#include "lib/param/args.h"

/* Descriptors that a list holds, as Falco's do. */
#define POLLFD_MAX 16

/* As the program passes it. */
struct pollfd {
	int fd;
	short events;
	short revents;
};

#define POLLFD_ENTRY 10

/* Append the descriptors of a poll call with the events that occurred. */
__noinline __u32 pollfd__list_at(struct record *rec, __u64 array, __u32 count)
{
	struct pollfd one;
	struct ev_ref ref;
	__u32 off, at;
	__u16 events;
	__s64 fd;
	__u16 i;

	if (!rec || !event__room(rec, &off))
		return 0;
	for (i = 0; i < POLLFD_MAX && i < count; i++) {
		if (bpf_probe_read_user(&one, sizeof(one), (void *)(array + i * sizeof(one))))
			break;
		fd = one.fd;
		events = native__poll_events((__u16)one.revents);
		at = off + 2 + i * POLLFD_ENTRY;
		__builtin_memcpy(&rec->bytes[at], &fd, sizeof(fd));
		__builtin_memcpy(&rec->bytes[at + 8], &events, sizeof(events));
	}
	__builtin_memcpy(&rec->bytes[off], &i, sizeof(i));
	ref = event__took(rec, off, 2 + i * POLLFD_ENTRY);
	return ref.off | (__u32)ref.len << 16;
}

static __always_inline struct ev_ref pollfd__list(struct ev_hdr *hdr, struct pt_regs *regs)
{
	return event__unpack(
		pollfd__list_at((struct record *)hdr, args__get(hdr, regs, 0), (__u32)args__get(hdr, regs, 1)));
}

#endif
