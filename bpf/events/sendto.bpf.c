/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/tuple.h"

/* Bytes of a payload that a record carries, as Falco does by default. */
#define SNAPLEN 80

static __always_inline __u64 sendto__captured(__u64 len)
{
	return len < SNAPLEN ? len : SNAPLEN;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_sendto, struct pt_regs *regs, long ret)
{
	struct ev_sendto *ev = event__begin(sendto, SENDTO);
	unsigned long addr;
	__u32 len;

	if (!ev)
		return 0;

	addr = args__net(&ev->hdr, regs, 4);
	len = args__net(&ev->hdr, regs, 5);
	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	ev->size = args__net(&ev->hdr, regs, 2);
	/* What was sent, or what should have been. */
	ev->data =
		event__user_bytes(&ev->hdr, args__net(&ev->hdr, regs, 1), sendto__captured(ret > 0 ? ret : ev->size));
	if (ret >= 0)
		ev->tuple = tuple__outbound(&ev->hdr, ev->fd, addr, len);
	tuple__fill_to(&ev->hdr, &ev->file, ev->fd, addr, len, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
