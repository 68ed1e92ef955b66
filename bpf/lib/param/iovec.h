/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Payloads in several buffers (struct iovec), and what a message header says of one.
 */
#ifndef TIERCEL_IOVEC_H
#define TIERCEL_IOVEC_H

#include "lib/param/args.h"
#include "lib/param/data.h"

/* The kernel takes no more buffers than this (UIO_MAXIOV). */
#define IOVEC_MAX 1024

struct iovec_pair {
	__u64 base;
	__u64 len;
};

/* First bytes of a payload, and how many bytes all its buffers hold. */
struct iovec_payload {
	struct ev_ref data;
	__u32 size;
};

struct iovec_ctx {
	struct record *rec;
	__u64 array;
	__u64 left; /* bytes that may still be captured */
	__u64 size;
	__u32 sum; /* go on to the last buffer, for the size; no bool, whose negation the verifier does not bound */
};

/* The buffer at `index` of an array. */
static __always_inline bool iovec__at(const struct ev_hdr *hdr, __u64 array, __u32 index, struct iovec_pair *out)
{
	__u32 narrow[2];

	if (!args__ia32(hdr))
		return !bpf_probe_read_user(out, sizeof(*out), (void *)(array + index * sizeof(*out)));
	if (bpf_probe_read_user(narrow, sizeof(narrow), (void *)(array + index * sizeof(narrow))))
		return false;
	out->base = narrow[0];
	out->len = narrow[1];
	return true;
}

static long iovec__step(__u32 index, struct iovec_ctx *ctx)
{
	struct iovec_pair pair = {};
	struct ev_ref ref;
	__u64 want;

	if (!iovec__at(&ctx->rec->hdr, ctx->array, index, &pair))
		return 1;
	ctx->size += pair.len;
	want = pair.len < ctx->left ? pair.len : ctx->left;
	if (want) {
		ref = event__unpack(data__user_at(ctx->rec, pair.base, want));
		ctx->left = ref.len == want ? ctx->left - want : 0;
	}
	return !ctx->left && !ctx->sum;
}

/* Append the first `limit` bytes of what `count` buffers hold; the ref in the lower half, the size in the upper. */
__noinline __u64 iovec__read_at(struct record *rec, __u64 array, __u64 count, __u64 limit, bool sum)
{
	struct iovec_ctx ctx = { .rec = rec, .array = array, .left = limit, .sum = sum };
	struct ev_ref data;
	__u32 start;

	if (!rec)
		return 0;
	start = rec->hdr.len;
	bpf_loop(count < IOVEC_MAX ? count : IOVEC_MAX, iovec__step, &ctx, 0);
	data = event__ref(start, rec->hdr.len - start);
	return (data.len ? data.off | (__u32)data.len << 16 : 0) | ctx.size << 32;
}

/* What a call wrote or sent; when it moved nothing, what it should have. */
static __always_inline struct iovec_payload iovec__sent(struct ev_hdr *hdr, unsigned long array, __u64 count, long ret)
{
	__u64 packed = iovec__read_at((struct record *)hdr, array, count, data__captured(ret > 0 ? ret : ~0ULL), true);

	return (struct iovec_payload){ .data = event__unpack((__u32)packed), .size = packed >> 32 };
}

/* What a call read or received. */
static __always_inline struct ev_ref iovec__received(struct ev_hdr *hdr, unsigned long array, __u64 count, long ret)
{
	__u64 limit = ret > 0 ? data__captured(ret) : 0;

	if (!limit)
		return NO_REF;
	return event__unpack((__u32)iovec__read_at((struct record *)hdr, array, count, limit, false));
}

/* Position argument of a call, which a 32-bit program passes as two numbers, the lower one first. */
static __always_inline __u64 iovec__position(const struct ev_hdr *hdr, struct pt_regs *regs)
{
	__u64 low = args__get(hdr, regs, 3);

	return args__ia32(hdr) ? low | (__u64)args__get(hdr, regs, 4) << 32 : low;
}

/* Members of struct user_msghdr. */
struct iovec_msg {
	__u64 name;
	__u64 namelen;
	__u64 iov;
	__u64 iovlen;
	__u64 control;
	__u64 controllen;
	__u64 flags;
};

/* Read a message header of the program; all its members are zero if it cannot be read. */
static __always_inline bool iovec__msg(const struct ev_hdr *hdr, __u64 addr, struct iovec_msg *out)
{
	__u32 narrow[7] = {};

	__builtin_memset(out, 0, sizeof(*out));
	if (!args__ia32(hdr)) {
		if (bpf_probe_read_user(out, sizeof(*out), (void *)addr)) {
			__builtin_memset(out, 0, sizeof(*out));
			return false;
		}
		out->namelen = (__u32)out->namelen; /* padding follows it */
		return true;
	}
	if (bpf_probe_read_user(narrow, sizeof(narrow), (void *)addr))
		return false;
	out->name = narrow[0];
	out->namelen = narrow[1];
	out->iov = narrow[2];
	out->iovlen = narrow[3];
	out->control = narrow[4];
	out->controllen = narrow[5];
	return true;
}

/* Bytes of a struct mmsghdr, whose msg_len lies after the header. */
#define MMSG_SIZE 64
#define MMSG_SIZE_IA32 32
#define MMSG_LEN 56
#define MMSG_LEN_IA32 28

/* Control data that came with a message. */
static __always_inline struct ev_ref iovec__control(struct ev_hdr *hdr, const struct iovec_msg *msg)
{
	return msg->control ? event__user_bytes(hdr, msg->control, msg->controllen) : NO_REF;
}

#endif
