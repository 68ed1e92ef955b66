/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_accept, struct pt_regs *regs, long ret)
{
	struct ev_accept *ev = event__begin(accept, ACCEPT);
	struct sock_queue queue;

	if (!ev)
		return 0;

	ev->fd = ret;
	if (ret >= 0) {
		ev->tuple = tuple__inbound(&ev->hdr, ret);
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_SERVER);
		queue = sock__queue(args__file((int)args__net(&ev->hdr, regs, 0)));
		ev->queuelen = queue.len;
		ev->queuemax = queue.max;
		ev->queuepct = queue.percent;
	}

	return event__submit_file(&ev->hdr);
}
