/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Calls that move several messages: each message has an event of its own.  The filler reports one and calls itself for
 * the next: a loop around the functions that read addresses would need more stack than kernels before 6.13 have.
 */
#ifndef TIERCEL_MMSG_H
#define TIERCEL_MMSG_H

#include "lib/param/iovec.h"
#include "lib/object/tuple.h"

/* Messages of one call that are reported, as Falco does. */
#define MMSG_MAX 16

/* How far the call in progress on this CPU is. */
struct mmsg {
	__u32 next;  /* message to report */
	__u32 start; /* hdr.len that event__begin goes on from */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mmsg);
} mmsgs SEC(".maps");

/*
 * The state of the call whose record is in scratch space, made ready for its next message; NULL without scratch space.
 * The dispatcher leaves a record without a type, which marks the first message.
 */
static __always_inline struct mmsg *mmsg__next(void)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);
	struct mmsg *state;
	__u32 zero = 0;

	state = bpf_map_lookup_elem(&mmsgs, &zero);
	if (!rec || !state)
		return NULL;
	if (!rec->hdr.type) {
		state->next = 0;
		state->start = rec->hdr.len;
		state->reserved = rec->hdr.reserved;
		return state;
	}
	rec->hdr.len = state->start;
	rec->hdr.flags &= ~EVF_TRUNCATED;
	rec->hdr.absent = 0;
	rec->hdr.cwd = NO_REF;
	rec->hdr.reserved = state->reserved;
	return state;
}

/* Whether there are more messages to report of a call that moved `count`. */
static __always_inline bool mmsg__has_more(struct mmsg *state, long count)
{
	state->next++;
	return state->next < count && state->next < MMSG_MAX;
}

/* Read the next message; the result is how many bytes of it were moved. */
static __always_inline __u32 mmsg__read(const struct ev_hdr *hdr, const struct mmsg *state, __u64 array,
					struct iovec_msg *msg)
{
	bool ia32 = args__ia32(hdr);
	__u64 at = array + (__u64)state->next * (ia32 ? MMSG_SIZE_IA32 : MMSG_SIZE);
	__u32 len = 0;

	iovec__msg(hdr, at, msg);
	bpf_probe_read_user(&len, sizeof(len), (void *)(at + (ia32 ? MMSG_LEN_IA32 : MMSG_LEN)));
	return len;
}

#endif
