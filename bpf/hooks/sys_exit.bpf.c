/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The end of every system call.  One that no rule wants costs two array reads, in a program that does nothing else: to
 * enter one with more registers and stack takes some 20 ns.  The rest is for calls that some rule wants.
 */
#include "lib/filter/judge.h"

/* Attached.  g_wanted32[SYSCALL_IA32_SOCKETCALL] must be set for as long as any socket call is wanted. */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_dispatch, struct pt_regs *regs)
{
	__u32 place = arch__syscall(regs) % PROBE_SYSCALLS;

	if (g_wanted64[place] | g_wanted32[place])
		bpf_tail_call_static(ctx, &stages, STAGE_WANTED);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_wanted, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	__u32 entry;

	/* Not kernel__current: loads through a trusted pointer are plain, and here, once, worth the verifier's time. */
	task = bpf_get_current_task_btf();
	entry = dispatch__entry(regs, task, arch__syscall(regs));
	if (entry & PROBE_WANTED_OWN)
		bpf_tail_call_static(ctx, &stages, STAGE_OWN);
	return dispatch__judge(ctx, regs, ret, task, entry & ~PROBE_WANTED_OWN);
}
