/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/data.h"
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_sendto, struct pt_regs *regs, long ret)
{
	struct ev_sendto *ev = event__begin(sendto, SENDTO);
	unsigned long addr;
	__u32 len;

	if (!ev)
		return 0;

	addr = args__net(&ev->hdr, regs, 4);
	len = args__net(&ev->hdr, regs, 5);
	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	ev->size = args__net(&ev->hdr, regs, 2);
	if (ret >= 0)
		ev->tuple = tuple__outbound(&ev->hdr, ev->fd, addr, len);
	tuple__fill_to(&ev->hdr, &ev->file, ev->fd, addr, len, EV_ROLE_NONE);
	ev->data = data__sent(&ev->hdr, args__net(&ev->hdr, regs, 1), ev->size, ret);

	return event__submit_file(&ev->hdr);
}
