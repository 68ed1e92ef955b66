/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/mmsg.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_recvmmsg, struct pt_regs *regs, long ret)
{
	struct mmsg *state = mmsg__next();
	struct iovec_msg msg;
	struct ev_recvmmsg *ev;

	if (!state)
		return 0;
	ev = event__begin(recvmmsg, RECVMMSG);
	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	if (ret <= 0) {
		file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
		return event__submit(&ev->hdr);
	}
	ev->res = mmsg__read(&ev->hdr, state, args__net(&ev->hdr, regs, 1), &msg);
	ev->size = ev->res;
	ev->tuple = tuple__inbound_from(&ev->hdr, ev->fd, msg.name, msg.namelen);
	ev->msgcontrol = iovec__control(&ev->hdr, &msg);
	tuple__fill_from(&ev->hdr, &ev->file, ev->fd, msg.name, msg.namelen);
	ev->data = iovec__received(&ev->hdr, msg.iov, msg.iovlen, ev->res);
	event__submit(&ev->hdr);
	if (mmsg__has_more(state, ret))
		bpf_tail_call_static(ctx, &fillers, EV_SLOT_RECVMMSG);
	return 0;
}
