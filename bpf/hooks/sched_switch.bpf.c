/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A thread leaves its CPU to another one.  It is still the current one.  Attached only while some rule needs it.
 */
#include "lib/object/mem.h"
#include "lib/record/scope.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct task_struct *task = kernel__current();
	struct ev_switch ev = {};

	if (!scope__has(task))
		return 0;
	event__start(&ev.hdr, task, EV_SWITCH, EV_SLOT_SWITCH, event__fixed(switch), 0);
	ev.next = kernel__get(kernel__cast(struct task_struct, next), pid);
	ev.pgft_maj = task->maj_flt;
	ev.pgft_min = task->min_flt;
	mem__fill(&ev);
	return event__submit_small(&ev.hdr, event__fixed(switch), false);
}
