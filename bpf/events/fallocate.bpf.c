/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* A 64-bit number, which a 32-bit call passes as two arguments, the lower half first. */
static __always_inline __u64 fallocate__number(const struct ev_hdr *hdr, struct pt_regs *regs, const int n,
					       const int ia32_n)
{
	if (!args__ia32(hdr))
		return args__get(hdr, regs, n);
	return args__get(hdr, regs, ia32_n) | (__u64)args__get(hdr, regs, ia32_n + 1) << 32;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fallocate, struct pt_regs *regs, long ret)
{
	struct ev_fallocate *ev = event__begin(fallocate, FALLOCATE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->mode = args__get(&ev->hdr, regs, 1);
	ev->offset = fallocate__number(&ev->hdr, regs, 2, 2);
	ev->len = fallocate__number(&ev->hdr, regs, 3, 4);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
