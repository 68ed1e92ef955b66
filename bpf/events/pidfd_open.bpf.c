/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_pidfd_open, struct pt_regs *regs, long ret)
{
	struct ev_pidfd_open *ev = event__begin(pidfd_open, PIDFD_OPEN);

	if (!ev)
		return 0;

	ev->fd = ret;
	ev->pid = args__int(&ev->hdr, regs, 0);
	ev->flags = native__pidfd_open_flags(args__get(&ev->hdr, regs, 1));
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
