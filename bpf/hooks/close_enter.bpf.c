/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The beginning of every system call; attached only while close is wanted, for close alone.
 */
#include "lib/object/close_cache.h"
#include "lib/record/scope.h"

static __always_inline bool close__is_wanted(struct task_struct *task, __u32 nr)
{
	if ((nr & ~X32_SYSCALL_BIT) == SYSCALL_CLOSE && !(ARCH_HAS_IA32 && arch__is_compat(task)))
		return g_wanted64[SYSCALL_CLOSE];
	return ARCH_HAS_IA32 && nr == SYSCALL_IA32_CLOSE && arch__is_compat(task) && g_wanted32[SYSCALL_IA32_CLOSE];
}

SEC("tp_btf/sys_enter")
int BPF_PROG(close_enter, struct pt_regs *regs, long nr)
{
	__u32 number = nr;
	struct task_struct *task;
	struct ev_close *ev;
	int fd;

	/* Two numbers that each mean another call in the other table. */
	if ((number & ~X32_SYSCALL_BIT) != SYSCALL_CLOSE && number != SYSCALL_IA32_CLOSE)
		return 0;
	task = kernel__current();
	if (!close__is_wanted(task, number) || !scope__has(task))
		return 0;
	ev = event__struct(close, SCRATCH_SYSCALL);
	if (!ev)
		return 0;
	ev->hdr.flags = 0;
	ev->hdr.len = event__fixed(close);
	ev->hdr.reserved = SCRATCH_SYSCALL;
	fd = (int)arch__arg(regs, ARCH_HAS_IA32 && arch__is_compat(task), 0);
	file__fill(&ev->hdr, &ev->file, fd, EV_ROLE_NONE);
	if (ev->file.flags & EVF_FILE_KNOWN)
		close_cache__keep((struct record *)ev, &ev->file, task->pid, fd);
	return 0;
}
