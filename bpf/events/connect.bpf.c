/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_connect, struct pt_regs *regs, long ret)
{
	struct ev_connect *ev = event__begin(connect, CONNECT);
	unsigned long addr;
	__u32 len;

	if (!ev)
		return 0;

	addr = args__net(&ev->hdr, regs, 1);
	len = args__net(&ev->hdr, regs, 2);
	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	if (ret == 0 || ret == -EINPROGRESS)
		ev->tuple = tuple__outbound(&ev->hdr, ev->fd, addr, len);
	ev->addr = tuple__user_addr(&ev->hdr, addr, len);
	tuple__fill_to(&ev->hdr, &ev->file, ev->fd, addr, len, EV_ROLE_CLIENT);

	return event__submit_file(&ev->hdr);
}
