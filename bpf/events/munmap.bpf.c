/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/mem.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_munmap, struct pt_regs *regs, long ret)
{
	struct ev_munmap *ev = event__begin(munmap, MUNMAP);

	if (!ev)
		return 0;

	ev->res = ret;
	mem__fill(ev);
	ev->addr = args__get(&ev->hdr, regs, 0);
	ev->length = args__get(&ev->hdr, regs, 1);

	return event__submit(&ev->hdr);
}
