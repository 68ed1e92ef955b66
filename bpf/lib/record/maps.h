/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Maps and globals of the probe.  The core makes the rings and fills `rings`, `fillers`, the scope maps and the
 * globals.
 */
#ifndef TIERCEL_MAPS_H
#define TIERCEL_MAPS_H

#include "lib/kernel/kernel.h"
#include "gen/events.gen.h"
#include "gen/filter_abi.h"
#include "gen/probe_abi.h"

_Static_assert(EV_SLOT_MAX <= PROBE_SLOTS, "probe_stats has too few slots");

/* Longest single text or byte string of a record.  The scratch space has this much room after the longest record. */
#define TEXT_MAX 4096

/*
 * A record under construction.  Writes start at or before EV_MAX_LEN and are at most TEXT_MAX long, so that the
 * verifier sees them inside the value; 32 KiB is also the largest value that a per-CPU map takes.
 */
struct record {
	union {
		struct ev_hdr hdr;
		char bytes[EV_MAX_LEN + TEXT_MAX];
	};
};

/*
 * Text of a path under construction, from its end to its start, with slack on both sides for whole words. Room for once
 * more its length follows: the verifier of Linux 6.12 has bounds for the start of a text and for its length, but not
 * for both together.
 */
#define PATH_BUF_SLACK 512

enum path_end {
	PATH_ROOT,     /* at the root of the mount namespace */
	PATH_DETACHED, /* at a dentry without parent that no mount explains */
	PATH_CUT,      /* no room for more */
};

struct path_buf {
	__u64 top; /* last mount in which a component was found */
	__u32 pos; /* start of the text */
	enum path_end end;
	__u64 moved; /* the real path is another than the mount path */
	char slack[PATH_BUF_SLACK];
	char text[PATH_MAX + PATH_MAX + PATH_BUF_SLACK];
};

/*
 * Scratch space is per CPU and per attach point: a program does not run again on a CPU before it has ended there, but
 * on kernels where tracepoints may be preempted another one may.
 */
enum scratch {
	SCRATCH_SYSCALL,
	SCRATCH_EXEC,
	SCRATCH_URING,
	SCRATCH_CGROUP,
	SCRATCH_SEED,
	SCRATCH_MAX,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_MAX);
	__type(key, __u32);
	__type(value, struct record);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_MAX);
	__type(key, __u32);
	__type(value, struct path_buf);
} path_bufs SEC(".maps");

/* What the rings are; the core makes them, in the sizes that it wants. */
struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PROBE_RINGS);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct probe_stats);
} stats SEC(".maps");

/* The filler of each event, by slot. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, EV_SLOT_MAX);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} fillers SEC(".maps");

/* What the work on a call may go on with; the core enters the programs of attach/ that are not attached. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STAGE_MAX);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} stages SEC(".maps");

/* Of the record that is being sent, if it has EVF_TOCTOU: what else its names were, a packed ref. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} other_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FILTER_BANKS);
	__type(key, __u32);
	__type(value, struct filter_bank);
} filter_banks SEC(".maps");

/*
 * Flags of the clone3 calls in progress, by the tid of the child.  When the child reports its side, the memory that
 * the arguments were in is its parent's business.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} clone3_flags SEC(".maps");

/* Process ids of the watched tree. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} scope_tasks SEC(".maps");

/* The watched cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} scope_cgroup SEC(".maps");

/* What the core found out about control groups: enum probe_cgroup by their key.  Keys that are not used give way. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u32);
} cgroup_verdict SEC(".maps");

/*
 * The root directory of the sensor, which iter_task finds: a sensor inside a chroot reports the paths below it as it
 * and its user know them.
 */
struct path_root {
	__u64 dentry;
	__u64 mount;
	__u64 ns;
};

struct path_root g_root = {};

const volatile __u64 g_schema_hash SEC(".rodata") = TIERCEL_SCHEMA_HASH;

volatile struct probe_config g_cfg SEC(".data") = {};
__u16 g_tails[PROBE_SLOTS] SEC(".data") = {}; /* where the tail of an event begins, by slot */
__u16 g_files[PROBE_SLOTS] SEC(".data") = {}; /* where the struct ev_file of an event is, by slot; 0: it has none */
__u16 g_wanted64[PROBE_SYSCALLS] SEC(".data") = {};
__u16 g_wanted32[PROBE_SYSCALLS] SEC(".data") = {};
__u8 g_wanted_slots[PROBE_SLOTS] SEC(".data") = {};
__u8 g_ring_of_cpu[PROBE_CPUS] SEC(".data") = {};
__u16 g_wanted_socketcall[PROBE_SOCKETCALLS] SEC(".data") = {};

#endif
