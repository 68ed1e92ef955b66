/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Calls that move several messages: each message has an event of its own.
 */
#ifndef TIERCEL_MMSG_H
#define TIERCEL_MMSG_H

#include "lib/iovec.h"
#include "lib/tuple.h"

/* Messages of one call that are reported, as Falco does. */
#define MMSG_MAX 16

struct mmsg_ctx {
	__u64 array;
	__u32 slot;
	__u32 start; /* hdr.len that event__begin goes on from */
	int fd;
};

/* The message at `index`; the result is how many bytes of it were moved. */
static __always_inline __u32 mmsg__at(const struct ev_hdr *hdr, __u64 array, __u32 index, struct iovec_msg *msg)
{
	bool ia32 = args__ia32(hdr);
	__u64 at = array + index * (ia32 ? MMSG_SIZE_IA32 : MMSG_SIZE);
	__u32 len = 0;

	iovec__msg(hdr, at, msg);
	bpf_probe_read_user(&len, sizeof(len), (void *)(at + (ia32 ? MMSG_LEN_IA32 : MMSG_LEN)));
	return len;
}

/* Make the record ready for the next message, which event__begin begins; NULL without scratch space. */
static __always_inline struct record *mmsg__next(const struct mmsg_ctx *ctx)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);

	if (!rec)
		return NULL;
	rec->hdr.len = ctx->start;
	rec->hdr.flags &= ~EVF_TRUNCATED;
	rec->hdr.absent = 0;
	rec->hdr.cwd = NO_REF;
	rec->hdr.reserved = ctx->slot << 8 | SCRATCH_SYSCALL;
	return rec;
}

#endif
