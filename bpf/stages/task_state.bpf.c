/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Stage after the dispatcher when the rules need the state of the thread: see lib/object/task_state.h.  The filler
 * comes after it.
 */
#include "lib/object/task_state.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(fill_task_state, struct pt_regs *regs, long ret)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);
	__u32 slot;

	if (!rec)
		return 0;
	slot = HDR_SLOT(&rec->hdr);
	barrier_var(slot); /* one register for check and use */
	if (slot >= PROBE_SLOTS)
		return 0;
	task_state__fill(rec, g_tails[slot]);
	bpf_tail_call(ctx, &fillers, slot);
	return 0;
}
