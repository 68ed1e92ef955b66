/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Tables of the kernel filter.  The probe drops an event in the kernel if no clause allows it.  Hand-written; the core
 * fills these tables from the compiled program.  Probe and core read them with lib/filter/filter.h.
 *
 * A clause is a conjunction of atoms.  An atom is a fact of an event that is true or false.  An unknown atom counts as
 * true and as false: the filter drops only events that no rule can match.
 */
#ifndef TIERCEL_FILTER_ABI_H
#define TIERCEL_FILTER_ABI_H

#include "probe_abi.h"

#define FILTER_PATHSETS 16

/* Bits of struct filter_clause.  The comments name the deciding field of an atom and the time at which it is known. */
enum filter_atom {
	/* At the end of the call. */
	FILTER_OK = 0,	 /* the call returned no error: 0 or more */
	FILTER_ROOT = 1, /* hdr.uid is 0 */

	/* At the end of a call that opens by name or by handle: bits of the param `flags`.  Other events lack them. */
	FILTER_OPEN_READ = 2,	   /* EV_FILE_FLAGS_O_RDONLY */
	FILTER_OPEN_WRITE = 3,	   /* EV_FILE_FLAGS_O_WRONLY */
	FILTER_OPEN_CREAT = 4,	   /* EV_FILE_FLAGS_O_CREAT */
	FILTER_OPEN_TRUNC = 5,	   /* EV_FILE_FLAGS_O_TRUNC */
	FILTER_OPEN_APPEND = 6,	   /* EV_FILE_FLAGS_O_APPEND */
	FILTER_OPEN_EXEC = 7,	   /* the param `mode` has a bit of S_IXUSR | S_IXGRP | S_IXOTH */
	FILTER_OPEN_DIRECTORY = 8, /* EV_FILE_FLAGS_O_DIRECTORY */

	/* At the end of the call, if the map cgroup_verdict has an entry for the control groups of the thread. */
	FILTER_HOST = 9, /* the control groups are not those of a container */

	/* After the filler: the member `file` of the event, struct ev_file. */
	FILTER_FD_KNOWN = 16,	  /* EVF_FILE_KNOWN; without it the atoms below are false */
	FILTER_FD_FILE = 17,	  /* type is EV_FD_FILE */
	FILTER_FD_DIRECTORY = 18, /* EV_FD_DIRECTORY */
	FILTER_FD_IPV4 = 19,	  /* EV_FD_IPV4 or EV_FD_IPV4_SERVER */
	FILTER_FD_IPV6 = 20,	  /* EV_FD_IPV6 or EV_FD_IPV6_SERVER */
	FILTER_FD_UNIX = 21,	  /* EV_FD_UNIX */
	FILTER_FD_FIFO = 22,	  /* EV_FD_PIPE */
	FILTER_L4_TCP = 23,	  /* l4proto is EV_L4_TCP */
	FILTER_L4_UDP = 24,	  /* EV_L4_UDP */

	/*
	 * For open, openat, openat2, creat and open_by_handle_at, before the filler: the requested path (absolute and
	 * normalised) or the path of the opened file may be in the set.  For other calls, after the filler: one of the
	 * ports of the member `file` is in the set, or dport is 0.
	 */
	FILTER_PATHSET = 48, /* first of FILTER_PATHSETS bits */
};

#define FILTER_PATHSET_MASK (0xffffULL << FILTER_PATHSET)
#define FILTER_FILE_MASK 0x1ff0000ULL /* FILTER_FD_KNOWN to FILTER_L4_UDP */

/* Holds when all atoms of `must` are true and all of `must_not` are false. */
struct filter_clause {
	__u64 must;
	__u64 must_not;
	__u64 path; /* path checks: FILTER_ANY_PATH, or path sets with their probe mask (FILTER_PROBE_SHIFT) */
};

/* The lower half holds the path sets, or this bit for a clause without path sets. */
#define FILTER_ANY_PATH (1ULL << FILTER_PATHSETS)

/* The upper half holds the probe mask: the kinds of keys (enum filter_probe) that these sets have. */
#define FILTER_PROBE_SHIFT 32

/* Facts that a program needs in addition to the result and the flags of a call. */
enum filter_stage {
	FILTER_STAGE_PATH = 1, /* some clause has a path set */
	FILTER_STAGE_FILE = 2, /* some clause has an atom of the file */
	FILTER_STAGE_HOST = 4, /* some clause has FILTER_HOST */
};

#define FILTER_CLAUSES 16

/* Clauses of one event type. */
struct filter_program {
	__u32 nclauses; /* 0: all events are wanted */
	__u32 stages;	/* enum filter_stage */
	struct filter_clause clause[FILTER_CLAUSES];
};

/* Comparison of a path with a text of a set. */
enum filter_kind {
	FILTER_EXACT = 0,
	FILTER_PREFIX = 1,
	FILTER_SUFFIX = 2,
	FILTER_CONTAINS = 3,
};

/* Kinds of keys of one set or of several sets. */
enum filter_probe {
	FILTER_PROBE_PREFIX = 0x1,   /* bit n of 8: keys of the first filter__prefix_len(n) bytes */
	FILTER_PROBE_SUFFIX = 0x100, /* bit n of 8: keys of the last filter__suffix_len(n) bytes */
	FILTER_PROBE_EXACT = 0x10000,
	FILTER_PROBE_INSIDE = 0x20000, /* keys of FILTER_CONTAINS */
	FILTER_PROBE_ALL = 0x3ffff,
};

/* Limit of path lengths.  Longer paths are not compared; they may be in every set. */
#define FILTER_TEXT_MAX 256

/* Room for some ten thousand texts.  With more keys than places, nearly every path may be in a set. */
#define FILTER_KEY_BITS 15

/* Key of a byte string in a path.  One part of its hash is the index in the table, another part is `tag`. */
struct filter_key {
	__u16 tag;  /* 0: several keys share this place, and the tag is not compared */
	__u16 sets; /* 0: free */
};

struct filter_paths {
	__u32 always; /* sets that any path may be in */
	__u32 stride; /* distance of the offsets that FILTER_CONTAINS checks: 1, 2 or 4; 0: no such texts */
	__u32 probe_mask[FILTER_PATHSETS]; /* enum filter_probe, by set */
	struct filter_key keys[1 << FILTER_KEY_BITS];
};

#define FILTER_PORTS 65536

/*
 * Filter of one set of rules.  The core fills one bank while the probe uses the other; g_cfg.filter selects the bank
 * in use.
 */
struct filter_bank {
	struct filter_program programs[PROBE_SLOTS]; /* by slot */
	struct filter_paths paths;
	__u16 ports[FILTER_PORTS]; /* port sets of each port; port sets and path sets share their numbers */
};

#define FILTER_BANKS 2

#endif
