/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Stage of calls that the sensor's own rules are about (PROBE_WANTED_OWN), before the user's rules.
 *
 * The canary is getcpu with a third argument that the kernel ignores.  Only the sensor itself can make it: the probe
 * reports no other call of the sensor's process, and no such call of another process.
 */
#include "lib/filter/judge.h"
#include "lib/record/own.h"

static __always_inline void own_calls__canary(struct pt_regs *regs, struct task_struct *task)
{
	__u64 number = arch__arg(regs, false, 2);
	struct own_record own = {};

	if (arch__syscall(regs) != SYSCALL_GETCPU || !g_cfg.canary || number >> 32 != g_cfg.canary)
		return;
	own__begin(&own, task, "canary");
	own__hex(&own, number);
	own__send(&own);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(own_calls, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if ((__u32)task->tgid == g_cfg.self_tgid) {
		own_calls__canary(regs, task);
		return 0;
	}
	return dispatch__judge(ctx, regs, ret, task, dispatch__wanted(regs, task, arch__syscall(regs)));
}
