/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * From the end of a system call to the filler of its event: which event it makes, whether some rule can match it as far
 * as that is known, and the header of its record.
 */
#ifndef TIERCEL_DISPATCH_H
#define TIERCEL_DISPATCH_H

#include "lib/kernel/arch.h"
#include "lib/filter/filter_bank.h"
#include "lib/record/scope.h"

static __always_inline __u32 dispatch__lookup(const __u16 *table, __u32 nr)
{
	/* Keep the number that is compared and the one that indexes in one register: the verifier bounds registers. */
	barrier_var(nr);
	return nr < PROBE_SYSCALLS ? table[nr] : 0;
}

/* Entry of the call `nr` in the tables of wanted calls. */
static __always_inline __u32 dispatch__entry(struct pt_regs *regs, struct task_struct *task, __u32 nr)
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

/* Slot + 1 of the event that the call `nr` makes, 0 for none. */
static __always_inline __u32 dispatch__wanted(struct pt_regs *regs, struct task_struct *task, __u32 nr)
{
	return dispatch__entry(regs, task, nr) & ~PROBE_WANTED_OWN;
}

/* The facts about a call that opens in its registers; openat2 has its flags in memory. */
static __always_inline void dispatch__set_open(struct filter_state *state, struct pt_regs *regs, bool ia32, __u32 slot)
{
	unsigned long flags, mode = 0;

	switch (slot) {
	case EV_SLOT_OPENAT:
		flags = (int)arch__arg(regs, ia32, 2);
		mode = arch__arg(regs, ia32, 3);
		break;
	case EV_SLOT_OPEN:
		flags = (int)arch__arg(regs, ia32, 1);
		mode = arch__arg(regs, ia32, 2);
		break;
	case EV_SLOT_OPEN_BY_HANDLE_AT:
		flags = (int)arch__arg(regs, ia32, 2);
		break;
	case EV_SLOT_CREAT:
		/* The event has no flags, but a mode. */
		return filter__set_open(state, 0, arch__arg(regs, ia32, 1));
	default:
		return;
	}
	filter__set_open(state, native__open_flags(flags), native__open_mode(flags, mode));
}

static __always_inline void dispatch__set_state(struct filter_state *state, const struct filter_program *program,
						struct pt_regs *regs, long ret, struct task_struct *task, __u32 slot)
{
	__u32 verdict = 0;

	filter__begin(state);
	if (program->stages & FILTER_STAGE_HOST)
		verdict = cgroup_key__verdict(cgroup_key__of_task(task));
	filter__set_cgroup(state, verdict);
	filter__set_call(state, ret, task->cred->euid.val);
	dispatch__set_open(state, regs, ARCH_HAS_IA32 && arch__is_compat(task), slot);
}

/* Fill the header of the record, which is the same for every call; event__begin does the rest. */
static __always_inline bool dispatch__start(struct pt_regs *regs, struct task_struct *task, __u32 slot, __u32 marks)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);

	if (!rec)
		return false;
	event__start(&rec->hdr, task, 0, slot, 0, SCRATCH_SYSCALL | marks);
	rec->hdr.syscall = arch__syscall(regs); /* without the bit of the x32 ABI, which is above these */
	if (arch__is_compat(task))
		rec->hdr.flags |= EVF_IA32;
	return true;
}

/* What the header of the record says for the filter's last stage. */
static __always_inline __u32 dispatch__marks(const struct filter_program *program, long ret)
{
	/* No branches: the verifier then sees one case. */
	return (program->stages / FILTER_STAGE_FILE & 1) * HDR_LATE | ((__u64)ret >> 63) * HDR_FAILED;
}

/* Begin the record, marked as the filter needs it (HDR_LATE, HDR_FAILED), and go on with what fills it. */
static __always_inline int dispatch__go(void *ctx, struct pt_regs *regs, struct task_struct *task, __u32 slot,
					__u32 marks)
{
	if (!dispatch__start(regs, task, slot, marks))
		return 0;
	if (g_cfg.needs_task_state)
		bpf_tail_call_static(ctx, &stages, STAGE_TASK_STATE);
	/*
	 * A constant index makes a direct jump, which is worth it for the most frequent call: an indirect one goes
	 * through a retpoline.
	 */
	if (slot == EV_SLOT_OPENAT)
		bpf_tail_call_static(ctx, &fillers, EV_SLOT_OPENAT);
	bpf_tail_call(ctx, &fillers, slot);
	return 0;
}

#endif
