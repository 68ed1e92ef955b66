/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/iovec.h"
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_recvmsg, struct pt_regs *regs, long ret)
{
	struct ev_recvmsg *ev = event__begin(recvmsg, RECVMSG);
	struct iovec_msg msg;

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	if (ret < 0) {
		file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
		return event__submit_file(&ev->hdr);
	}
	iovec__msg(&ev->hdr, args__net(&ev->hdr, regs, 1), &msg);
	ev->size = ret;
	ev->tuple = tuple__inbound_from(&ev->hdr, ev->fd, msg.name, msg.namelen);
	ev->msgcontrol = iovec__control(&ev->hdr, &msg);
	tuple__fill_from(&ev->hdr, &ev->file, ev->fd, msg.name, msg.namelen);
	ev->data = iovec__received(&ev->hdr, msg.iov, msg.iovlen, ret);

	return event__submit_file(&ev->hdr);
}
