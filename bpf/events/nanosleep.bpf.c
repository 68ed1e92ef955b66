/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* A struct timespec of the program in nanoseconds; 0 if it cannot be read. */
static __always_inline __u64 time__user_ns(const struct ev_hdr *hdr, unsigned long addr)
{
	struct timespec64 wide = {};
	__s32 narrow[2] = {};

	if (args__ia32(hdr)) {
		bpf_probe_read_user(narrow, sizeof(narrow), (void *)addr);
		return narrow[0] * 1000000000LL + narrow[1];
	}
	bpf_probe_read_user(&wide, sizeof(wide), (void *)addr);
	return wide.tv_sec * 1000000000LL + wide.tv_nsec;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_nanosleep, struct pt_regs *regs, long ret)
{
	struct ev_nanosleep *ev = event__begin(nanosleep, NANOSLEEP);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->interval = time__user_ns(&ev->hdr, args__get(&ev->hdr, regs, 0));

	return event__submit(&ev->hdr);
}
