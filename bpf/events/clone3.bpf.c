/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/clone.h"

/*
 * The flags are the first member of struct clone_args.  The child takes what sched_fork put aside; lost, they are
 * absent.
 */
static __always_inline __u64 clone3__flags(struct ev_hdr *hdr, struct pt_regs *regs, long ret)
{
	__u64 flags = 0, *kept;
	__u32 tid = hdr->tid;

	if (ret) {
		bpf_probe_read_user(&flags, sizeof(flags), (void *)args__get(hdr, regs, 0));
		return flags;
	}
	kept = bpf_map_lookup_elem(&clone3_flags, &tid);
	if (!kept) {
		event__absent(hdr, CLONE_PARAM_FLAGS);
		return 0;
	}
	flags = *kept;
	bpf_map_delete_elem(&clone3_flags, &tid);
	return flags;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_clone3, struct pt_regs *regs, long ret)
{
	struct ev_clone3 *ev = event__begin(clone3, CLONE3);

	if (!ev)
		return 0;

	return clone__report((struct ev_clone *)ev, ret, clone3__flags(&ev->hdr, regs, ret));
}
