/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/iovec.h"
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_sendmsg, struct pt_regs *regs, long ret)
{
	struct ev_sendmsg *ev = event__begin(sendmsg, SENDMSG);
	struct iovec_payload payload;
	struct iovec_msg msg;

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	iovec__msg(&ev->hdr, args__net(&ev->hdr, regs, 1), &msg);
	if (ret >= 0)
		ev->tuple = tuple__outbound(&ev->hdr, ev->fd, msg.name, msg.namelen);
	tuple__fill_to(&ev->hdr, &ev->file, ev->fd, msg.name, msg.namelen, EV_ROLE_NONE);
	payload = iovec__sent(&ev->hdr, msg.iov, msg.iovlen, ret);
	ev->data = payload.data;
	ev->size = payload.size;

	return event__submit_file(&ev->hdr);
}
