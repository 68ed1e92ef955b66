/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* With this flag the argument leads to a struct that begins with the address of the mask. */
#define IORING_ENTER_EXT_ARG 8

/* The lower 32 signals of the mask. */
static __always_inline __u32 io_uring_enter__mask(const struct ev_hdr *hdr, struct pt_regs *regs)
{
	__u64 addr = args__get(hdr, regs, 4);
	__u32 mask = 0;

	if (args__get(hdr, regs, 3) & IORING_ENTER_EXT_ARG)
		bpf_probe_read_user(&addr, sizeof(addr), (void *)addr);
	bpf_probe_read_user(&mask, sizeof(mask), (void *)addr);
	return mask;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_io_uring_enter, struct pt_regs *regs, long ret)
{
	struct ev_io_uring_enter *ev = event__begin(io_uring_enter, IO_URING_ENTER);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->to_submit = args__get(&ev->hdr, regs, 1);
	ev->min_complete = args__get(&ev->hdr, regs, 2);
	ev->flags = native__io_uring_enter_flags(args__get(&ev->hdr, regs, 3));
	ev->sig = io_uring_enter__mask(&ev->hdr, regs);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
