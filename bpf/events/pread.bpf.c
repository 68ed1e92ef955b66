/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/param/iovec.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_pread, struct pt_regs *regs, long ret)
{
	struct ev_pread *ev = event__begin(pread, PREAD);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->size = args__get(&ev->hdr, regs, 2);
	ev->pos = iovec__position(&ev->hdr, regs);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
	ev->data = data__received(&ev->hdr, args__get(&ev->hdr, regs, 1), ret);

	return event__submit_file(&ev->hdr);
}
