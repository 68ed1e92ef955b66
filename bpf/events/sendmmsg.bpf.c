/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/mmsg.h"

/* Report the message at `index`. */
static long sendmmsg__message(__u32 index, struct mmsg_ctx *ctx)
{
	struct iovec_payload payload;
	struct iovec_msg msg;
	struct ev_sendmmsg *ev;
	__u32 moved;

	if (!mmsg__next(ctx))
		return 1;
	ev = event__begin(sendmmsg, SENDMMSG);
	if (!ev)
		return 1;
	moved = mmsg__at(&ev->hdr, ctx->array, index, &msg);
	ev->res = moved;
	ev->fd = ctx->fd;
	ev->tuple = tuple__outbound(&ev->hdr, ctx->fd, msg.name, msg.namelen);
	tuple__fill_to(&ev->hdr, &ev->file, ctx->fd, msg.name, msg.namelen, EV_ROLE_NONE);
	payload = iovec__sent(&ev->hdr, msg.iov, msg.iovlen, moved);
	ev->data = payload.data;
	ev->size = payload.size;
	event__submit(&ev->hdr);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_sendmmsg, struct pt_regs *regs, long ret)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);
	struct mmsg_ctx messages = {};
	struct ev_sendmmsg *ev;

	if (!rec)
		return 0;
	messages.start = rec->hdr.len;
	ev = event__begin(sendmmsg, SENDMMSG);
	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	if (ret <= 0) {
		file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
		return event__submit(&ev->hdr);
	}
	messages.slot = HDR_SLOT(&ev->hdr);
	messages.fd = ev->fd;
	messages.array = args__net(&ev->hdr, regs, 1);
	bpf_loop(ret < MMSG_MAX ? ret : MMSG_MAX, sendmmsg__message, &messages, 0);
	return 0;
}
