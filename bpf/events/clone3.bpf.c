/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/clone.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_clone3, struct pt_regs *regs, long ret)
{
	struct ev_clone3 *ev = event__begin(regs, clone3, CLONE3);
	__u64 flags = 0;

	if (!ev)
		return 0;

	/* The first member of struct clone_args. */
	bpf_probe_read_user(&flags, sizeof(flags), (void *)args__get(&ev->hdr, regs, 0));

	return clone__report((struct ev_clone *)ev, ret, flags);
}
