/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_pidfd_getfd, struct pt_regs *regs, long ret)
{
	struct ev_pidfd_getfd *ev = event__begin(pidfd_getfd, PIDFD_GETFD);

	if (!ev)
		return 0;

	ev->fd = ret;
	ev->pid_fd = args__int(&ev->hdr, regs, 0);
	ev->target_fd = args__int(&ev->hdr, regs, 1);
	ev->flags = args__get(&ev->hdr, regs, 2);
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
