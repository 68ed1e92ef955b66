/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/mmsg.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_sendmmsg, struct pt_regs *regs, long ret)
{
	struct mmsg *state = mmsg__next();
	struct iovec_payload payload;
	struct iovec_msg msg;
	struct ev_sendmmsg *ev;

	if (!state)
		return 0;
	ev = event__begin(sendmmsg, SENDMMSG);
	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	if (ret <= 0) {
		file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
		return event__submit(&ev->hdr);
	}
	ev->res = mmsg__read(&ev->hdr, state, args__net(&ev->hdr, regs, 1), &msg);
	ev->tuple = tuple__outbound(&ev->hdr, ev->fd, msg.name, msg.namelen);
	tuple__fill_to(&ev->hdr, &ev->file, ev->fd, msg.name, msg.namelen, EV_ROLE_NONE);
	payload = iovec__sent(&ev->hdr, msg.iov, msg.iovlen, ev->res);
	ev->data = payload.data;
	ev->size = payload.size;
	event__submit(&ev->hdr);
	if (mmsg__has_more(state, ret))
		bpf_tail_call_static(ctx, &fillers, EV_SLOT_SENDMMSG);
	return 0;
}
