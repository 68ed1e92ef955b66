/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_umount2, struct pt_regs *regs, long ret)
{
	struct ev_umount2 *ev = event__begin(umount2, UMOUNT2);

	if (!ev)
		return 0;

	ev->res = ret;
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	ev->flags = native__umount_flags(args__get(&ev->hdr, regs, 1));

	return event__submit(&ev->hdr);
}
