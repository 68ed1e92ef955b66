/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The end of every system call.  One that no rule wants costs two array reads; the rest is for those that some rule
 * does.
 */
#include "lib/arch.h"
#include "lib/scope.h"

static __always_inline __u32 dispatch__lookup(const __u16 *table, __u32 nr)
{
	/* Keep the number that is compared and the one that indexes in one register: the verifier bounds registers. */
	barrier_var(nr);
	return nr < PROBE_SYSCALLS ? table[nr] : 0;
}

/* Slot + 1 of the event that the call `nr` makes, 0 for none. */
static __always_inline __u32 dispatch__wanted(struct pt_regs *regs, struct task_struct *task, __u32 nr)
{
	__u32 call;

	if (!arch__is_compat(task))
		return dispatch__lookup(g_wanted64, nr & ~X32_SYSCALL_BIT);
	if (!ARCH_HAS_IA32)
		return 0;
	if (nr != SYSCALL_IA32_SOCKETCALL)
		return dispatch__lookup(g_wanted32, nr);
	call = arch__arg(regs, true, 0);
	barrier_var(call);
	return call < PROBE_SOCKETCALLS ? g_wanted_socketcall[call] : 0;
}

/* Fill the header of the record, which is the same for every call; event__begin does the rest. */
static __always_inline bool dispatch__start(struct pt_regs *regs, struct task_struct *task, __u32 slot)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);

	if (!rec)
		return false;
	event__start(&rec->hdr, task, 0, slot, 0, SCRATCH_SYSCALL);
	rec->hdr.syscall = arch__syscall(regs); /* without the bit of the x32 ABI, which is above these */
	if (arch__is_compat(task))
		rec->hdr.flags |= EVF_IA32;
	return true;
}

/* Attached.  g_wanted32[SYSCALL_IA32_SOCKETCALL] must be set for as long as any socket call is wanted. */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_dispatch, struct pt_regs *regs, long ret)
{
	__u32 nr = arch__syscall(regs), wanted, slot = nr % PROBE_SYSCALLS;
	struct task_struct *task;

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
	if (!dispatch__start(regs, task, wanted - 1))
		return 0;
	if (g_cfg.want_now)
		bpf_tail_call_static(ctx, &stages, STAGE_NOW);
	/*
	 * A constant index makes a direct jump, which is worth it for the most frequent call: an indirect one goes
	 * through a retpoline.
	 */
	if (wanted - 1 == EV_SLOT_OPENAT)
		bpf_tail_call_static(ctx, &fillers, EV_SLOT_OPENAT);
	bpf_tail_call(ctx, &fillers, wanted - 1);
	return 0;
}
