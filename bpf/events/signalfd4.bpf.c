/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_signalfd4, struct pt_regs *regs, long ret)
{
	struct ev_signalfd4 *ev = event__begin(signalfd4, SIGNALFD4);
	__u32 mask = 0; /* of signals up to 32 */

	if (!ev)
		return 0;

	bpf_probe_read_user(&mask, sizeof(mask), (void *)args__get(&ev->hdr, regs, 1));
	ev->res = ret;
	ev->flags = native__socket_flags(args__get(&ev->hdr, regs, 3));
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->mask = mask;
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
