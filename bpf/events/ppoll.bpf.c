/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/pollfd.h"

/* The call with times of 32 bits; ppoll_time64 has others. */
#define SYSCALL_IA32_PPOLL 309

/* The kernel has left what was not used of the time there. */
static __always_inline __u64 ppoll__timeout(const struct ev_hdr *hdr, __u64 addr)
{
	__s32 narrow[2] = {};
	__s64 wide[2] = {};

	if (!addr)
		return ~0ULL; /* none */
	if (args__ia32(hdr) && hdr->syscall == SYSCALL_IA32_PPOLL) {
		bpf_probe_read_user(narrow, sizeof(narrow), (void *)addr);
		return narrow[0] * 1000000000LL + narrow[1];
	}
	bpf_probe_read_user(wide, sizeof(wide), (void *)addr);
	return wide[0] * 1000000000LL + wide[1];
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_ppoll, struct pt_regs *regs, long ret)
{
	struct ev_ppoll *ev = event__begin(ppoll, PPOLL);
	__u32 mask = 0; /* of signals up to 32 */

	if (!ev)
		return 0;

	bpf_probe_read_user(&mask, sizeof(mask), (void *)args__get(&ev->hdr, regs, 3));
	ev->res = ret;
	ev->fds = pollfd__list(&ev->hdr, regs);
	ev->timeout = ppoll__timeout(&ev->hdr, args__get(&ev->hdr, regs, 2));
	ev->sigmask = mask;

	return event__submit(&ev->hdr);
}
