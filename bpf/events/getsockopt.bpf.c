/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/param/sockopt.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_getsockopt, struct pt_regs *regs, long ret)
{
	struct ev_getsockopt *ev = event__begin(getsockopt, GETSOCKOPT);
	__u32 len = 0;

	if (!ev)
		return 0;

	/* Of a call that failed, what the program passed. */
	bpf_probe_read_user(&len, sizeof(len), (void *)args__net(&ev->hdr, regs, 4));
	ev->res = ret;
	ev->optlen = len;
	sockopt__fill(ev, regs, len);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
