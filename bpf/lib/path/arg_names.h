/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The names that a call passes, as the kernel has read them.  Another thread may change the program's memory while the
 * call runs, so that the text that is there when the call ends may be another than the kernel used.
 *
 * The kernel copies each name into an object of the slab cache names_cache, and frees that object when it is done; the
 * text stays where it is until the object is used again.  When a call begins, the first free objects of this CPU are noted:
 * they are the ones that the call will get.  When it ends, it is certain that the call has used them if
 *  - the thread has run on this CPU without a break (no context switch), or the CPU's count of operations on the cache
 *    has grown by just those of the call and the thread has not moved;
 *  - the objects are again the first free ones of this CPU; and
 *  - they name the addresses that the call has passed.
 * Such a name is proven.  For others there is the text at the begin of the call to compare with, as far as it could be
 * read; docs/decisions/2026-12-02-names-that-change.md says what is left.
 */
#ifndef TIERCEL_ARG_NAMES_H
#define TIERCEL_ARG_NAMES_H

#include "lib/kernel/kernel_slab.h"
#include "lib/path/lookup.h"

/* Calls that pass names, by slot: the arguments with the names that the jobs of lib/path/lookup.h are for, counted from 1. */
#define ARGNAME(first) ((first) + 1)
#define ARGNAMES(first, second) (ARGNAME(first) | ARGNAME(second) << 4)

_Static_assert(EV_SLOT_MAX < PROBE_SLOTS, "slot -1 must be free: it stands for no event");

static const __u8 argname_args[PROBE_SLOTS] = {
	[EV_SLOT_ACCESS] = ARGNAME(0),	      [EV_SLOT_CHMOD] = ARGNAME(0),	    [EV_SLOT_CHOWN] = ARGNAME(0),
	[EV_SLOT_CHROOT] = ARGNAME(0),	      [EV_SLOT_FCHMODAT] = ARGNAME(1),	    [EV_SLOT_FCHOWNAT] = ARGNAME(1),
	[EV_SLOT_LCHOWN] = ARGNAME(0),	      [EV_SLOT_LINK] = ARGNAMES(0, 1),	    [EV_SLOT_LINKAT] = ARGNAMES(1, 3),
	[EV_SLOT_LSTAT] = ARGNAME(0),	      [EV_SLOT_LSTAT64] = ARGNAME(0),	    [EV_SLOT_MKDIR] = ARGNAME(0),
	[EV_SLOT_MKDIRAT] = ARGNAME(1),	      [EV_SLOT_MKNOD] = ARGNAME(0),	    [EV_SLOT_MKNODAT] = ARGNAME(1),
	[EV_SLOT_MOUNT] = ARGNAME(1),	      [EV_SLOT_NEWFSTATAT] = ARGNAME(1),    [EV_SLOT_RENAME] = ARGNAMES(0, 1),
	[EV_SLOT_RENAMEAT] = ARGNAMES(1, 3),  [EV_SLOT_RENAMEAT2] = ARGNAMES(1, 3), [EV_SLOT_RMDIR] = ARGNAME(0),
	[EV_SLOT_STAT] = ARGNAME(0),	      [EV_SLOT_STAT64] = ARGNAME(0),	    [EV_SLOT_SYMLINK] = ARGNAMES(0, 1),
	[EV_SLOT_SYMLINKAT] = ARGNAMES(0, 2), [EV_SLOT_UMOUNT] = ARGNAME(0),	    [EV_SLOT_UMOUNT2] = ARGNAME(0),
	[EV_SLOT_UNLINK] = ARGNAME(0),	      [EV_SLOT_UNLINKAT] = ARGNAME(1),
};

/* The arguments with names of a call that the table of wanted calls has as `wanted`: slot + 1, or 0. */
static __always_inline __u8 argname__args(__u16 wanted)
{
	return argname_args[(__u8)(wanted - 1)];
}

static __always_inline __u64 argname__addr(struct pt_regs *regs, bool ia32, __u8 arg)
{
	switch (arg) {
	case 1:
		return arch__arg(regs, ia32, 0);
	case 2:
		return arch__arg(regs, ia32, 1);
	case 3:
		return arch__arg(regs, ia32, 2);
	default:
		return arch__arg(regs, ia32, 3);
	}
}

/* --- The kernel's copies --- */

/* What iter_caches found out about names_cache. */
struct argname_cache {
	__u64 cpu_slab; /* a per-CPU address; 0: not known */
	__u64 random;	/* what the links between free objects are hidden with */
	__u32 offset;	/* where such a link is in an object: it overwrites what was there */
	__u32 step;	/* by which the count of a CPU grows with each operation; 0: not known yet */
};

struct argname_cache g_names = {};

/* The call in progress on this CPU, as far as it is the last that began there. */
struct argname_call {
	__u64 slab;	  /* this CPU's struct kmem_cache_cpu; 0: not known yet */
	__u64 objects[2]; /* first free ones, addresses of struct filename */
	__u64 turns;	  /* the CPU's count of operations on the cache */
	__u64 switches;	  /* of the thread */
	__u64 moves;
	__u32 tid; /* 0: no call */
	__u32 syscall;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct argname_call);
} argname_calls SEC(".maps");

static __always_inline struct argname_call *argname__call(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&argname_calls, &zero);
}

/* A pointer as a number, which the verifier does not make of pointers to its own objects. */
static __always_inline __u64 argname__number(const void *pointer)
{
	const void *volatile copy = pointer;
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), (const void *)&copy);
	return number;
}

/* Whether caches have a list of free objects for each CPU; the verifier then drops what would read it. */
static __always_inline bool argname__has_lists(void)
{
	return bpf_core_field_exists(struct kmem_cache_cpu, freelist);
}

/*
 * This CPU's part of the cache.  How far a per-CPU address is from the object of this CPU, a map tells: it has the one,
 * and a look-up gives the other.
 */
static __always_inline __u64 argname__slab(struct argname_call *call)
{
	__u64 map;

	if (!argname__has_lists())
		return 0;
	if (!call->slab && g_names.cpu_slab) {
		map = argname__number(&argname_calls);
		call->slab = g_names.cpu_slab + argname__number(call) -
			     kernel__word((void *)(map + bpf_core_field_offset(struct bpf_array, pptrs)));
	}
	return call->slab;
}

/* The free object behind `object`. */
static __always_inline __u64 argname__next(__u64 object)
{
	__u64 at = object + g_names.offset;

	return object ? kernel__word((void *)at) ^ (g_names.random ? g_names.random ^ __builtin_bswap64(at) : 0) : 0;
}

static __always_inline __u64 argname__switches(struct task_struct *task)
{
	struct task_struct___switches *counts = kernel__cast(struct task_struct___switches, task);

	return kernel__get(counts, nvcsw) + kernel__get(counts, nivcsw);
}

static __always_inline __u64 argname__moves(struct task_struct *task)
{
	return kernel__get(kernel__cast(struct task_struct___switches, task), se.nr_migrations);
}

/* --- The texts at the begin of a call --- */

/* Calls in progress that have a place, by tid: the last one gets it. */
#define ARGNAME_PLACES 1024
#define ARGNAME_TEXT 256
#define ARGNAME_BUSY (1ULL << 32)

struct argname_place {
	__u64 owner; /* tid; ARGNAME_BUSY: somebody writes here */
	__u32 syscall;
	__u16 len[LOOKUP_JOBS]; /* bytes, their NUL among them; 0: not readable */
	char text[LOOKUP_JOBS][ARGNAME_TEXT];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ARGNAME_PLACES);
	__type(key, __u32);
	__type(value, struct argname_place);
} argname_places SEC(".maps");

static __always_inline struct argname_place *argname__place(__u32 tid)
{
	__u32 index = tid % ARGNAME_PLACES;

	return bpf_map_lookup_elem(&argname_places, &index);
}

#endif
