/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_dup2, struct pt_regs *regs, long ret)
{
	struct ev_dup2 *ev = event__begin(dup2, DUP2);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->oldfd = args__int(&ev->hdr, regs, 0);
	ev->newfd = args__int(&ev->hdr, regs, 1);
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
