/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Payloads: the first bytes that a call moved, g_cfg.snaplen of them at most.  They go to the end of a record, after
 * everything else, since a long one fills it up.
 */
#ifndef TIERCEL_DATA_H
#define TIERCEL_DATA_H

#include "lib/record/event.h"

/* Pieces of TEXT_MAX bytes that a whole record has room for. */
#define DATA_PIECES (EV_MAX_LEN / TEXT_MAX)

static __always_inline __u64 data__captured(__u64 len)
{
	__u64 most = g_cfg.snaplen;

	return len < most ? len : most;
}

/* Append `len` bytes of user memory, which may be more than one read takes. */
__noinline __u32 data__user_at(struct record *rec, __u64 addr, __u64 len)
{
	__u64 all = 0, want;
	struct ev_ref ref;
	__u32 start;

	if (!rec)
		return 0;
	start = rec->hdr.len;
	for (int i = 0; i < DATA_PIECES && all < len; i++) {
		want = len - all < TEXT_MAX ? len - all : TEXT_MAX;
		ref = event__unpack(event__user_bytes_at(rec, addr + all, want));
		all += ref.len;
		if (ref.len < want)
			break;
	}
	return all ? start | (__u32)all << 16 : 0;
}

static __always_inline struct ev_ref data__user(struct ev_hdr *hdr, unsigned long addr, __u64 len)
{
	__u64 captured = data__captured(len);

	if (captured <= TEXT_MAX)
		return event__user_bytes(hdr, addr, captured);
	return event__unpack(data__user_at((struct record *)hdr, addr, captured));
}

/* What a call wrote or sent, or, when it moved nothing, what it should have: `size` bytes. */
static __always_inline struct ev_ref data__sent(struct ev_hdr *hdr, unsigned long addr, __u64 size, long ret)
{
	return data__user(hdr, addr, ret > 0 ? ret : size);
}

/* What a call read or received. */
static __always_inline struct ev_ref data__received(struct ev_hdr *hdr, unsigned long addr, long ret)
{
	return ret > 0 ? data__user(hdr, addr, ret) : NO_REF;
}

#endif
