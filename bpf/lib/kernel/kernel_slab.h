/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The members of the kernel's slab allocator, and of what it gives out, that lib/path/arg_names.h reads.
 */
#ifndef TIERCEL_KERNEL_SLAB_H
#define TIERCEL_KERNEL_SLAB_H

#include "lib/kernel/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kmem_cache_cpu {
	void **freelist;
	unsigned long tid;
};

struct kmem_cache {
	struct kmem_cache_cpu *cpu_slab;
	unsigned int offset;
	unsigned long random;
	const char *name;
};

struct bpf_iter__kmem_cache {
	struct bpf_iter_meta *meta;
	struct kmem_cache *s;
};

/* A name that the kernel has copied out of a program's memory. */
struct filename {
	const char *name;
	const char *uptr;
};

/* The map around a per-CPU array. */
struct bpf_array {
	void *pptrs[0];
};

struct sched_entity {
	__u64 nr_migrations;
};

struct task_struct___switches {
	struct sched_entity se;
	unsigned long nvcsw;
	unsigned long nivcsw;
};

#pragma clang attribute pop

#endif
