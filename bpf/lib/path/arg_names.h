/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The names that a call passes, as the kernel has read them.  Another thread may change the program's memory while the
 * call runs, so that the text that is there when the call ends may be another than the kernel used.
 *
 * The kernel copies each name into an object of the slab cache names_cache, and frees that object when it is done; the
 * text stays where it is until the object is used again.  When a call begins, the first free objects of this CPU are
 * noted: they are the ones that the call will get.  When it ends, it is certain that the call has used them if
 *  - the thread has run on this CPU without a break (no context switch), or the CPU's count of operations on the cache
 *    has grown by just those of the call and the thread has not moved;
 *  - the objects are again the first free ones of this CPU; and
 *  - they name the addresses that the call has passed.
 * Such a name is proven.  For others there is the text at the begin of the call to compare with, as far as it could be
 * read; docs/decisions/2026-12-02-names-that-change.md has the remaining cases.
 */
#ifndef TIERCEL_ARG_NAMES_H
#define TIERCEL_ARG_NAMES_H

#include "lib/kernel/kernel_slab.h"
#include "lib/path/lookup.h"

/*
 * Calls that pass names, by slot: the arguments with the names that the jobs of lib/path/lookup.h are for, counted from
 * 1.
 */
#define ARG_NAME(first) ((first) + 1)
#define ARG_NAMES(first, second) (ARG_NAME(first) | ARG_NAME(second) << 4)

_Static_assert(EV_SLOT_MAX < PROBE_SLOTS, "slot -1 must be free: it stands for no event");

static const __u8 arg_names_args[PROBE_SLOTS] = {
	[EV_SLOT_ACCESS] = ARG_NAME(0),	       [EV_SLOT_CHMOD] = ARG_NAME(0),
	[EV_SLOT_CHOWN] = ARG_NAME(0),	       [EV_SLOT_CHROOT] = ARG_NAME(0),
	[EV_SLOT_FCHMODAT] = ARG_NAME(1),      [EV_SLOT_FCHOWNAT] = ARG_NAME(1),
	[EV_SLOT_LCHOWN] = ARG_NAME(0),	       [EV_SLOT_LINK] = ARG_NAMES(0, 1),
	[EV_SLOT_LINKAT] = ARG_NAMES(1, 3),    [EV_SLOT_LSTAT] = ARG_NAME(0),
	[EV_SLOT_LSTAT64] = ARG_NAME(0),       [EV_SLOT_MKDIR] = ARG_NAME(0),
	[EV_SLOT_MKDIRAT] = ARG_NAME(1),       [EV_SLOT_MKNOD] = ARG_NAME(0),
	[EV_SLOT_MKNODAT] = ARG_NAME(1),       [EV_SLOT_MOUNT] = ARG_NAME(1),
	[EV_SLOT_NEWFSTATAT] = ARG_NAME(1),    [EV_SLOT_RENAME] = ARG_NAMES(0, 1),
	[EV_SLOT_RENAMEAT] = ARG_NAMES(1, 3),  [EV_SLOT_RENAMEAT2] = ARG_NAMES(1, 3),
	[EV_SLOT_RMDIR] = ARG_NAME(0),	       [EV_SLOT_STAT] = ARG_NAME(0),
	[EV_SLOT_STAT64] = ARG_NAME(0),	       [EV_SLOT_SYMLINK] = ARG_NAMES(0, 1),
	[EV_SLOT_SYMLINKAT] = ARG_NAMES(0, 2), [EV_SLOT_UMOUNT] = ARG_NAME(0),
	[EV_SLOT_UMOUNT2] = ARG_NAME(0),       [EV_SLOT_UNLINK] = ARG_NAME(0),
	[EV_SLOT_UNLINKAT] = ARG_NAME(1),
};

/* The arguments with names of a call that the table of wanted calls has as `wanted`: slot + 1, or 0. */
static __always_inline __u8 arg_names__args(__u16 wanted)
{
	return arg_names_args[(__u8)(wanted - 1)];
}

static __always_inline __u64 arg_names__addr(struct pt_regs *regs, bool ia32, __u8 arg)
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
struct arg_names_cache {
	__u64 cpu_slab; /* a per-CPU address; 0: not known */
	__u64 random;	/* what the links between free objects are hidden with */
	__u32 offset;	/* where such a link is in an object: it overwrites what was there */
	__u32 step;	/* by which the count of a CPU grows with each operation; 0: not known yet */
};

struct arg_names_cache g_names_cache = {};

/* The call in progress on this CPU, as far as it is the last that began there. */
struct arg_names_call {
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
	__type(value, struct arg_names_call);
} arg_names_calls SEC(".maps");

static __always_inline struct arg_names_call *arg_names__call(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&arg_names_calls, &zero);
}

/* A pointer as a number, which the verifier does not make of pointers to its own objects. */
static __always_inline __u64 arg_names__number(const void *pointer)
{
	const void *volatile copy = pointer;
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), (const void *)&copy);
	return number;
}

/* Whether caches have a list of free objects for each CPU; the verifier then drops what would read it. */
static __always_inline bool arg_names__has_lists(void)
{
	return bpf_core_field_exists(struct kmem_cache_cpu, freelist);
}

/*
 * This CPU's part of the cache.  A map gives the distance between a per-CPU address and the object of this CPU: it
 * contains the one, and a lookup returns the other.
 */
static __always_inline __u64 arg_names__slab(struct arg_names_call *call)
{
	__u64 map;

	if (!arg_names__has_lists())
		return 0;
	if (!call->slab && g_names_cache.cpu_slab) {
		map = arg_names__number(&arg_names_calls);
		call->slab = g_names_cache.cpu_slab + arg_names__number(call) -
			     kernel__word((void *)(map + bpf_core_field_offset(struct bpf_array, pptrs)));
	}
	return call->slab;
}

/* The free object after `object`. */
static __always_inline __u64 arg_names__next(__u64 object)
{
	__u64 at = object + g_names_cache.offset;

	return object ? kernel__word((void *)at) ^
				(g_names_cache.random ? g_names_cache.random ^ __builtin_bswap64(at) : 0) :
			0;
}

static __always_inline __u64 arg_names__switches(struct task_struct *task)
{
	struct task_struct___switches *counts = kernel__cast(struct task_struct___switches, task);

	return kernel__get(counts, nvcsw) + kernel__get(counts, nivcsw);
}

static __always_inline __u64 arg_names__moves(struct task_struct *task)
{
	return kernel__get(kernel__cast(struct task_struct___switches, task), se.nr_migrations);
}

/* --- The texts at the begin of a call --- */

/* Calls in progress that have a place, by tid: the last one gets it. */
#define ARG_NAMES_PLACES 1024
#define ARG_NAMES_TEXT 256
#define ARG_NAMES_BUSY (1ULL << 32)

struct arg_names_place {
	__u64 owner; /* tid; ARG_NAMES_BUSY: a thread writes here */
	__u32 syscall;
	__u16 len[LOOKUP_JOBS]; /* bytes, their NUL among them; 0: not readable */
	char text[LOOKUP_JOBS][ARG_NAMES_TEXT];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ARG_NAMES_PLACES);
	__type(key, __u32);
	__type(value, struct arg_names_place);
} arg_names_places SEC(".maps");

static __always_inline struct arg_names_place *arg_names__place(__u32 tid)
{
	__u32 index = tid % ARG_NAMES_PLACES;

	return bpf_map_lookup_elem(&arg_names_places, &index);
}

#endif
