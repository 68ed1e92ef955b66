/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The current thread touched memory that was not there, or that it may not touch so.  Attached only while some rule
 * needs it; only x86 has these hooks.
 */
#include "lib/record/scope.h"

#if defined(__TARGET_ARCH_x86)

static __always_inline int fault__report(unsigned long address, struct pt_regs *regs, unsigned long code)
{
	struct task_struct *task = kernel__current();
	struct ev_page_fault ev = {};

	if (!scope__has(task))
		return 0;
	event__start(&ev.hdr, task, EV_PAGE_FAULT, EV_SLOT_PAGE_FAULT, event__fixed(page_fault), 0);
	ev.addr = address;
	ev.ip = kernel__get(kernel__cast(struct pt_regs, regs), ip);
	ev.error = native__page_fault_set(code) | native__page_fault_clear(~code);
	return event__submit_small(&ev.hdr, event__fixed(page_fault), false);
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(page_fault_user, unsigned long address, struct pt_regs *regs, unsigned long code)
{
	return fault__report(address, regs, code);
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(page_fault_kernel, unsigned long address, struct pt_regs *regs, unsigned long code)
{
	return fault__report(address, regs, code);
}

#endif
