/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/data.h"
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_write, struct pt_regs *regs, long ret)
{
	struct ev_write *ev = event__begin(write, WRITE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->size = args__get(&ev->hdr, regs, 2);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);
	ev->data = data__sent(&ev->hdr, args__get(&ev->hdr, regs, 1), ev->size, ret);

	return event__submit_file(&ev->hdr);
}
