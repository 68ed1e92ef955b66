/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/param/iovec.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_pwritev, struct pt_regs *regs, long ret)
{
	struct ev_pwritev *ev = event__begin(pwritev, PWRITEV);
	struct iovec_payload payload;

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->pos = iovec__position(&ev->hdr, regs);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
	payload = iovec__sent(&ev->hdr, args__get(&ev->hdr, regs, 1), args__get(&ev->hdr, regs, 2), ret);
	ev->data = payload.data;
	ev->size = payload.size;

	return event__submit_file(&ev->hdr);
}
