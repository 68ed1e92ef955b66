/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The end of every system call.  One that no rule wants costs two array reads; the rest is for those that some rule
 * does.
 */
#include "lib/dispatch.h"

/* Attached.  g_wanted32[SYSCALL_IA32_SOCKETCALL] must be set for as long as any socket call is wanted. */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_dispatch, struct pt_regs *regs, long ret)
{
	__u32 nr = arch__syscall(regs), wanted, slot = nr % PROBE_SYSCALLS;
	const struct filter_program *program;
	struct filter_bank *bank;
	struct task_struct *task;
	struct filter_state known;
	__u32 marks = 0;

	if (!(g_wanted64[slot] | g_wanted32[slot]))
		return 0;
	/* Not kernel__current: loads through a trusted pointer are plain, and here, once, worth the verifier's time. */
	task = bpf_get_current_task_btf();
	wanted = dispatch__wanted(regs, task, nr);
	if (!wanted)
		return 0;
	if (ret < 0 && g_cfg.drop_failed)
		return 0;
	if (!scope__has(task))
		return 0;
	slot = wanted - 1;
	bank = bank__current();
	if (bank) {
		program = bank__program(bank, slot);
		if (program && program->nclauses) {
			dispatch__know(&known, regs, ret, task, slot);
			if (!filter__allows(program, &known)) {
				event__count_filtered(slot);
				return 0;
			}
			if (program->stages & FILTER_STAGE_PATH)
				bpf_tail_call_static(ctx, &stages, STAGE_OPEN);
			marks = dispatch__marks(program, ret);
		}
	}
	return dispatch__go(ctx, regs, task, slot, marks);
}
