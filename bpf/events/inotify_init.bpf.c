/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_inotify_init, struct pt_regs *regs, long ret)
{
	struct ev_inotify_init *ev = event__begin(inotify_init, INOTIFY_INIT);

	if (!ev)
		return 0;

	ev->res = ret;
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
