/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* 64-bit offsets for 32-bit programs, too. */
#define SYSCALL_IA32_SENDFILE64 239

/* Where reading started: the kernel has moved the program's offset by what was copied. */
static __always_inline __u64 sendfile__offset(const struct ev_hdr *hdr, __u64 addr, long ret)
{
	__u64 wide = 0;
	__u32 narrow = 0;

	if (!addr)
		return 0;
	if (args__ia32(hdr) && hdr->syscall != SYSCALL_IA32_SENDFILE64) {
		bpf_probe_read_user(&narrow, sizeof(narrow), (void *)addr);
		wide = narrow;
	} else {
		bpf_probe_read_user(&wide, sizeof(wide), (void *)addr);
	}
	return ret > 0 ? wide - ret : wide;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_sendfile, struct pt_regs *regs, long ret)
{
	struct ev_sendfile *ev = event__begin(sendfile, SENDFILE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->offset = sendfile__offset(&ev->hdr, args__get(&ev->hdr, regs, 2), ret);
	ev->out_fd = args__int(&ev->hdr, regs, 0);
	ev->in_fd = args__int(&ev->hdr, regs, 1);
	ev->size = args__get(&ev->hdr, regs, 3);
	file__fill(&ev->hdr, &ev->file, ev->out_fd, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
