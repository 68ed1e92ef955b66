/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/ids.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getresgid, struct pt_regs *regs, long ret)
{
	struct ev_getresgid *ev = event__begin(getresgid, GETRESGID);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->rgid = ids__read(&ev->hdr, args__get(&ev->hdr, regs, 0));
	ev->egid = ids__read(&ev->hdr, args__get(&ev->hdr, regs, 1));
	ev->sgid = ids__read(&ev->hdr, args__get(&ev->hdr, regs, 2));

	return event__submit(&ev->hdr);
}
