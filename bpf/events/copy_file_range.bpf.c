/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* Where copying started: the kernel has moved the program's offset by what was copied. */
static __always_inline __u64 copy_file_range__offset(__u64 addr, long ret)
{
	__u64 offset = 0;

	if (!addr)
		return 0;
	bpf_probe_read_user(&offset, sizeof(offset), (void *)addr);
	return ret > 0 ? offset - ret : offset;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_copy_file_range, struct pt_regs *regs, long ret)
{
	struct ev_copy_file_range *ev = event__begin(copy_file_range, COPY_FILE_RANGE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fdout = args__int(&ev->hdr, regs, 2);
	ev->offout = copy_file_range__offset(args__get(&ev->hdr, regs, 3), ret);
	ev->fdin = args__int(&ev->hdr, regs, 0);
	ev->offin = copy_file_range__offset(args__get(&ev->hdr, regs, 1), ret);
	ev->len = args__get(&ev->hdr, regs, 4);
	file__fill(&ev->hdr, &ev->file, ev->fdout, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
