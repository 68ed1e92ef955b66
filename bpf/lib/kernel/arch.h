/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Differences between processors: the place of the registers of a system call, and the test for a call that came by the
 * 32-bit entry.
 */
#ifndef TIERCEL_ARCH_H
#define TIERCEL_ARCH_H

#include "lib/kernel/kernel.h"

#define SYSCALL_NONE 0xffff
#define SYSCALL_IA32_CLOSE 6
#define SYSCALL_IA32_CLONE 120
#define SYSCALL_IA32_VFORK 190

#if defined(__TARGET_ARCH_x86)

/* The 32-bit calls are decoded. */
#define ARCH_HAS_IA32 1

#define SYSCALL_CLOSE 3
#define SYSCALL_CLONE 56
#define SYSCALL_CLONE3 435
#define SYSCALL_GETCPU 309
#define SYSCALL_VFORK 58

/* Numbers of the x32 ABI are those of the 64-bit one with this bit. */
#define X32_SYSCALL_BIT 0x40000000

static __always_inline __u32 arch__syscall(struct pt_regs *regs)
{
	return regs->orig_ax;
}

static __always_inline bool arch__is_compat(struct task_struct *task)
{
	return task->thread_info.status & 2; /* TS_COMPAT */
}

/*
 * Argument `n`, counted from 0, zero-extended.  At the end of a call the registers still hold what the program passed;
 * the 32-bit entry has its own order of registers and half of their width.
 */
static __always_inline unsigned long arch__arg(struct pt_regs *regs, bool ia32, const int n)
{
	switch (n) {
	case 0:
		return ia32 ? (__u32)regs->bx : regs->di;
	case 1:
		return ia32 ? (__u32)regs->cx : regs->si;
	case 2:
		return ia32 ? (__u32)regs->dx : regs->dx;
	case 3:
		return ia32 ? (__u32)regs->si : regs->r10;
	case 4:
		return ia32 ? (__u32)regs->di : regs->r8;
	default:
		return ia32 ? (__u32)regs->bp : regs->r9;
	}
}

#elif defined(__TARGET_ARCH_arm64)

/* Calls of 32-bit programs have other numbers, which are not decoded: they are not reported. */
#define ARCH_HAS_IA32 0
#define X32_SYSCALL_BIT 0

#define SYSCALL_CLOSE 57
#define SYSCALL_CLONE 220
#define SYSCALL_CLONE3 435
#define SYSCALL_GETCPU 168
#define SYSCALL_VFORK SYSCALL_NONE

static __always_inline __u32 arch__syscall(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline bool arch__is_compat(struct task_struct *task)
{
	return task->thread_info.flags & 1UL << 22; /* TIF_32BIT */
}

/* Argument `n`, counted from 0; the first one's register holds the result by now, and the kernel keeps a copy of it. */
static __always_inline unsigned long arch__arg(struct pt_regs *regs, bool ia32, const int n)
{
	return n ? regs->regs[n] : regs->orig_x0;
}

#else
#error "no such processor"
#endif

#endif
