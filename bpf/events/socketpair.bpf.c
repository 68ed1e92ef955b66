/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_socketpair, struct pt_regs *regs, long ret)
{
	struct ev_socketpair *ev = event__begin(socketpair, SOCKETPAIR);
	int fds[2] = { -1, -1 };

	if (!ev)
		return 0;

	ev->res = ret;
	ev->domain = (__u8)args__net(&ev->hdr, regs, 0);
	ev->type = args__net(&ev->hdr, regs, 1);
	ev->proto = args__net(&ev->hdr, regs, 2);
	if (ret == 0)
		bpf_probe_read_user(fds, sizeof(fds), (void *)args__net(&ev->hdr, regs, 3));
	ev->fd1 = fds[0];
	ev->fd2 = fds[1];
	if (ret == 0) {
		ev->source = sock__of_file(args__file(fds[0]));
		ev->peer = sock__of_file(args__file(fds[1]));
		file__fill(&ev->hdr, &ev->file, fds[0], EV_ROLE_NONE);
	}

	return event__submit(&ev->hdr);
}
