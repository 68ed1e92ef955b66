/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the core tells the probe, and what the probe counts.  Hand-written; included by both, like event_abi.h.
 *
 * The core sets g_cfg and the g_wanted tables before it attaches the programs, and may change them at any time after
 * that: a program reads each member once per event.
 */
#ifndef TIERCEL_PROBE_ABI_H
#define TIERCEL_PROBE_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Which processes are watched. */
enum probe_scope {
	PROBE_SCOPE_ALL = 0,
	PROBE_SCOPE_TREE = 1,	    /* those in the map scope_tasks, and what they start */
	PROBE_SCOPE_CGROUP = 2,	    /* those below the cgroup in the map scope_cgroup */
	PROBE_SCOPE_CONTAINERS = 3, /* all but those whose key is PROBE_CGROUP_HOST in the map cgroup_verdict */
};

/*
 * Values of the map cgroup_verdict, by the key of a task's control groups.  Of a key that is not there nothing is known,
 * and its events are reported: the core decides by the names of the groups, once.
 */
enum probe_cgroup {
	PROBE_CGROUP_HOST = 1,
	PROBE_CGROUP_CONTAINER = 2, /* this and all above: the number of the container */
};

/* Controllers with a hierarchy of version 1; of those that share one, the first. */
enum probe_v1 {
	PROBE_V1_CPUSET = 1,
	PROBE_V1_CPU = 2,
	PROBE_V1_CPUACCT = 4,
	PROBE_V1_IO = 8,
	PROBE_V1_MEMORY = 16,
};

/* What struct ev_now may tell. */
enum probe_task_state {
	PROBE_STATE_TASK = 1,	 /* its numbers */
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
	STAGE_MAX = 5,
};

struct probe_config {
	__u32 self_tgid;	/* process of the sensor: never reported */
	__u32 scope;		/* enum probe_scope */
	__u32 want_env;		/* fill env of execve and execveat */
	__u32 want_cwd;		/* fill the header's cwd */
	__u32 want_thread_exit; /* procexit for every thread, not only for the end of a process */
	__u32 wakeup_bytes;	/* wake the reader each time a ring fills by so much; a power of two, 0: never */
	__u32 drop_failed;	/* system calls that failed are not reported */
	__u32 snaplen;		/* most bytes of a payload that a record carries */
	__u32 needs_task_state; /* PROBE_NOW_*: what struct ev_now is to tell; 0: no such struct */
	__u32 page_kib;		/* KiB of a page */
	__u32 scope_changes;	/* grows when somebody is taken out of the scope who may go on */
	__u32 filter;		/* which bank of filters is in use, from 1 on; 0: all that is wanted is reported */
	__u32 life_bytes;	/* of the ring of life-cycle events */
	__u32 volume_bytes;	/* of each other ring */
	__u32 v1_controllers;  /* PROBE_V1_*: what the key of a task's control groups is made of, beside its v2 group */
	__u32 hierarchy;       /* number of the hierarchy whose groups are followed; that of version 2 is 0 */
	__u64 key_hierarchies; /* bits of the hierarchies, by number, that have a part in the key */
};

/*
 * Tables of wanted calls (g_wanted64, g_wanted32) are indexed by system call number and hold the event's slot + 1, or
 * 0; g_wanted_socketcall by the first argument of the 32-bit call that multiplexes those of sockets.
 */
#define PROBE_SYSCALLS 512
#define PROBE_SOCKETCALLS 32

/*
 * The rings, by index in the map rings: that of life-cycle events, then one for each group of CPUs.  g_ring_of_cpu says
 * which; CPUs that it does not reach share the first of those.
 */
#define PROBE_RINGS 9
#define PROBE_RING_LIFE 0
#define PROBE_RING_VOLUME 1
#define PROBE_CPUS 1024

/* Events by slot that struct probe_stats has room for; EV_SLOT_MAX must not exceed it. */
#define PROBE_SLOTS 256

/* Counters, one struct for each CPU in the map stats; they only grow. */
struct probe_stats {
	__u64 sent;		     /* records that went into a ring */
	__u64 lost_lifecycle;	     /* records that the life-cycle ring had no room for */
	__u64 lost_volume;	     /* records that the ring of their CPU had no room for */
	__u64 unfit;		     /* records that were given up: no scratch space, or an impossible length */
	__u64 truncated;	     /* records with EVF_TRUNCATED or EVF_ARGS_TRUNCATED */
	__u64 scope_full;	     /* processes that left the scope because the map scope_tasks was full */
	__u64 unresolved;	     /* names that were given up when they were looked up again */
	__u64 unfinished;	     /* requests of io_uring that were reported without their result */
	__u64 changed;		     /* calls whose names were changed while they ran */
	__u64 lost[PROBE_SLOTS];     /* lost records by event slot, of all rings */
	__u64 shed[PROBE_SLOTS];     /* of these, those of cgroups that had more than their share of the ring */
	__u64 filtered[PROBE_SLOTS]; /* events that no rule can match, by event slot */
};

/* Key of the map losses, whose values count lost records. */
struct probe_loss {
	__u64 cgroup_id;
	__u32 slot;
	__u32 over_share; /* the cgroup had more than its share of the ring; otherwise there was no room */
};

#endif
