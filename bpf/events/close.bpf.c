/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/close_cache.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_close, struct pt_regs *regs, long ret)
{
	struct ev_close *ev = event__begin(close, CLOSE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	close_cache__fill(&ev->hdr, &ev->file, ev->fd);

	return event__submit(&ev->hdr);
}
