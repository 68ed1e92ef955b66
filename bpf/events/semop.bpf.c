/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* struct sembuf. */
struct sem_operation {
	__u16 num;
	__s16 op;
	__u16 flags;
};

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_semop, struct pt_regs *regs, long ret)
{
	struct ev_semop *ev = event__begin(semop, SEMOP);
	struct sem_operation ops[2] = {};

	if (!ev)
		return 0;

	/* Operations that were not done are not reported. */
	ev->nsops = args__get(&ev->hdr, regs, 2);
	if (!ret && ev->nsops)
		bpf_probe_read_user(ops, ev->nsops > 1 ? sizeof(ops) : sizeof(ops[0]),
				    (void *)args__get(&ev->hdr, regs, 1));
	ev->res = ret;
	ev->sem_num_0 = ops[0].num;
	ev->sem_op_0 = ops[0].op;
	ev->sem_flg_0 = native__semop_flags(ops[0].flags);
	ev->sem_num_1 = ops[1].num;
	ev->sem_op_1 = ops[1].op;
	ev->sem_flg_1 = native__semop_flags(ops[1].flags);
	ev->semid = args__int(&ev->hdr, regs, 0);

	return event__submit(&ev->hdr);
}
