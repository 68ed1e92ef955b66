/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/data.h"
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_send, struct pt_regs *regs, long ret)
{
	struct ev_send *ev = event__begin(send, SEND);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	ev->size = args__net(&ev->hdr, regs, 2);
	if (ret >= 0)
		ev->tuple = tuple__outbound(&ev->hdr, ev->fd, 0, 0);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
	ev->data = data__sent(&ev->hdr, args__net(&ev->hdr, regs, 1), ev->size, ret);

	return event__submit_file(&ev->hdr);
}
