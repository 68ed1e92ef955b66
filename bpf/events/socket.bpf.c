/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_socket, struct pt_regs *regs, long ret)
{
	struct ev_socket *ev = event__begin(socket, SOCKET);
	unsigned long type;

	if (!ev)
		return 0;

	type = args__net(&ev->hdr, regs, 1);
	ev->fd = ret;
	ev->domain = args__net(&ev->hdr, regs, 0);
	ev->type = type;
	ev->proto = args__net(&ev->hdr, regs, 2);
	ev->flags = native__socket_flags(type);
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
