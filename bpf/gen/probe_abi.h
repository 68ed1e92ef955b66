/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Configuration, map values and counters that core and probe share.  Hand-written; included by both, like event_abi.h.
 *
 * The core sets g_cfg and the g_wanted tables before it attaches the programs.  It may change them at any later time,
 * because a program reads each member once per event.
 */
#ifndef TIERCEL_PROBE_ABI_H
#define TIERCEL_PROBE_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Scopes: sets of watched processes. */
enum probe_scope {
	PROBE_SCOPE_ALL = 0,
	PROBE_SCOPE_TREE = 1,	    /* processes in the map scope_tasks, and their descendants */
	PROBE_SCOPE_CGROUP = 2,	    /* processes below the cgroup in the map scope_cgroup */
	PROBE_SCOPE_CONTAINERS = 3, /* all keys except keys with PROBE_CGROUP_HOST in the map cgroup_verdict */
};

/*
 * Values of the map cgroup_verdict, by the key of a task's control groups.  The probe reports events with an unknown
 * key; the core then classifies the key once, by the names of the groups.
 */
enum probe_cgroup {
	PROBE_CGROUP_HOST = 1,
	PROBE_CGROUP_CONTAINER = 2, /* this value and all above: number of the container */
};

/* Controllers with a hierarchy of version 1; only the first of several in one hierarchy. */
enum probe_v1 {
	PROBE_V1_CPUSET = 1,
	PROBE_V1_CPU = 2,
	PROBE_V1_CPUACCT = 4,
	PROBE_V1_IO = 8,
	PROBE_V1_MEMORY = 16,
};

/* Parts of struct ev_now. */
enum probe_task_state {
	PROBE_STATE_TASK = 1,	 /* numbers of the thread and its process */
	PROBE_STATE_CGROUPS = 2, /* the control groups */
	PROBE_STATE_STDIO = 4,	 /* the files of descriptors 0 to 2 */
};

/* Indexes into the map stages. */
enum probe_stage {
	STAGE_LOOKUP = 0,
	STAGE_TASK_STATE = 1,
	STAGE_FILTER_OPEN = 2,
	STAGE_WANTED = 3,
	STAGE_NAME_CHECK = 4,
	STAGE_OWN = 5,
	STAGE_MAX = 6,
};

struct probe_config {
	__u32 self_tgid;	/* process of the sensor, which is never reported */
	__u32 scope;		/* enum probe_scope */
	__u32 want_env;		/* fill env of execve and execveat */
	__u32 want_cwd;		/* fill the header's cwd */
	__u32 want_thread_exit; /* procexit for every thread, not only for the end of a process */
	__u32 wakeup_bytes;	/* fill step of a ring that wakes the reader; a power of two, 0: never */
	__u32 drop_failed;	/* do not report failed system calls */
	__u32 snaplen;		/* limit of payload bytes per record */
	__u32 needs_task_state; /* PROBE_STATE_*: parts of struct ev_now; 0: records have no such struct */
	__u32 page_kib;		/* KiB of a page */
	__u32 scope_changes;	/* grows when a running process is removed from the scope */
	__u32 filter;		/* filter bank in use, counted from 1; 0: all wanted events are reported */
	__u32 life_bytes;	/* of the ring of life-cycle events */
	__u32 volume_bytes;	/* of each other ring */
	__u32 v1_controllers;	/* PROBE_V1_*: groups of version 1 in the key of a task, in addition to its v2 group */
	__u32 hierarchy;	/* number of the hierarchy that is followed; version 2 is 0 */
	__u64 key_hierarchies;	/* hierarchies that are part of the key, as bits by their number */
	__u32 canary;		/* upper half of the argument that marks canary calls of the sensor; 0: none */
	__u32 reserved;
};

/*
 * The tables of wanted calls (g_wanted64, g_wanted32) hold the slot + 1 of an event, or 0, by system call number.
 * g_wanted_socketcall holds it by the first argument of the 32-bit call socketcall.  PROBE_WANTED_OWN is set in the
 * entries of calls that the sensor's own rules are about, whether or not another rule needs the call.
 */
#define PROBE_WANTED_OWN 0x8000
#define PROBE_SYSCALLS 512
#define PROBE_SOCKETCALLS 32

/*
 * Indexes into the map rings: the ring of life-cycle events, then one ring for each group of CPUs.  g_ring_of_cpu maps
 * CPUs to rings; CPUs beyond that table share PROBE_RING_VOLUME.
 */
#define PROBE_RINGS 9
#define PROBE_RING_LIFE 0
#define PROBE_RING_VOLUME 1
#define PROBE_CPUS 1024

/* Limit of slots in struct probe_stats; EV_SLOT_MAX must not exceed it. */
#define PROBE_SLOTS 256

/* Counters, one struct for each CPU in the map stats.  Counters only grow. */
struct probe_stats {
	__u64 sent;	      /* records that were written to a ring */
	__u64 lost_lifecycle; /* records lost because the life-cycle ring was full */
	__u64 lost_volume;    /* records lost because the ring of their CPU was full */
	__u64 unfit;	      /* discarded records: no scratch space, or an invalid length */
	__u64 truncated;      /* records with EVF_TRUNCATED or EVF_ARGS_TRUNCATED */
	__u64 scope_full;     /* processes that left the scope because the map scope_tasks was full */
	__u64 unresolved;     /* names that the probe could not resolve, and closed descriptors without a cache entry */
	__u64 unfinished;     /* io_uring requests that were reported without a result */
	__u64 changed;	      /* calls with a name that changed during the call */
	__u64 lost[PROBE_SLOTS];     /* lost records by event slot, of all rings */
	__u64 shed[PROBE_SLOTS];     /* the part of `lost` from cgroups above their share of the ring */
	__u64 filtered[PROBE_SLOTS]; /* events that no rule can match, by event slot */
};

/* Key of the map losses.  Its values count lost records. */
struct probe_loss {
	__u64 cgroup_id;
	__u32 slot;
	__u32 over_share; /* 1: the cgroup was above its share of the ring; 0: the ring was full */
};

#endif
