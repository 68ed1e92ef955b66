/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The members of kernel structs that are the processor's own, see kernel.h.
 */
#ifndef TIERCEL_KERNEL_ARCH_H
#define TIERCEL_KERNEL_ARCH_H

#include "lib/kernel/uapi.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct thread_info {
	__u32 status;
};

struct pt_regs {
	unsigned long bp;
	unsigned long bx;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
};

#elif defined(__TARGET_ARCH_arm64)

struct thread_info {
	unsigned long flags;
};

struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	int syscallno;
};

#endif

#pragma clang attribute pop

#endif
