/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/param/iovec.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_preadv, struct pt_regs *regs, long ret)
{
	struct ev_preadv *ev = event__begin(preadv, PREADV);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->size = ret > 0 ? ret : 0;
	ev->pos = iovec__position(&ev->hdr, regs);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
	ev->data = iovec__received(&ev->hdr, args__get(&ev->hdr, regs, 1), args__get(&ev->hdr, regs, 2), ret);

	return event__submit_file(&ev->hdr);
}
