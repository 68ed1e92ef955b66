/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* The members of struct io_uring_params that are reported. */
struct io_uring_setup_params {
	__u32 sq_entries;
	__u32 cq_entries;
	__u32 flags;
	__u32 sq_thread_cpu;
	__u32 sq_thread_idle;
	__u32 features;
};

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_io_uring_setup, struct pt_regs *regs, long ret)
{
	struct ev_io_uring_setup *ev = event__begin(io_uring_setup, IO_URING_SETUP);
	struct io_uring_setup_params params = {};

	if (!ev)
		return 0;

	bpf_probe_read_user(&params, sizeof(params), (void *)args__get(&ev->hdr, regs, 1));
	ev->res = ret;
	ev->entries = args__get(&ev->hdr, regs, 0);
	ev->sq_entries = params.sq_entries;
	ev->cq_entries = params.cq_entries;
	ev->flags = native__io_uring_setup_flags(params.flags);
	ev->sq_thread_cpu = params.sq_thread_cpu;
	ev->sq_thread_idle = params.sq_thread_idle;
	ev->features = native__io_uring_setup_feats(params.features);
	if (ret >= 0)
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
