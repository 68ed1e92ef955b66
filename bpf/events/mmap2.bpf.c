/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/object/mem.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mmap2, struct pt_regs *regs, long ret)
{
	struct ev_mmap2 *ev = event__begin(mmap2, MMAP2);

	if (!ev)
		return 0;

	ev->res = ret;
	mem__fill(ev);
	ev->addr = args__get(&ev->hdr, regs, 0);
	ev->length = args__get(&ev->hdr, regs, 1);
	ev->prot = native__prot_flags(args__get(&ev->hdr, regs, 2));
	ev->flags = native__mmap_flags(args__get(&ev->hdr, regs, 3));
	ev->fd = (int)args__get(&ev->hdr, regs, 4);
	ev->pgoffset = args__get(&ev->hdr, regs, 5);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
