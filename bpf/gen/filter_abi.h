/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the rules ask of the events, in the form that the probe can decide: an event that no clause allows is dropped
 * where it happens.  Hand-written; the core fills these tables from the compiled program, probe and core read them
 * with lib/filter/filter.h.
 *
 * A clause is a conjunction of atoms, facts of an event that are true or false.  What is not known of an atom yet, or
 * never will be, counts as both: so only events that no rule can match are dropped.
 */
#ifndef TIERCEL_FILTER_ABI_H
#define TIERCEL_FILTER_ABI_H

#include "probe_abi.h"

#define FILTER_PATHSETS 16

/* Bits of struct filter_clause.  The comments say which field decides an atom, and when it is known. */
enum filter_atom {
	/* When the call ends. */
	FILTER_OK = 0,	 /* the call returned no error: 0 or more */
	FILTER_ROOT = 1, /* hdr.uid is 0 */

	/* When one of the calls that open by name or by handle ends: bits of the param `flags`; of no other event. */
	FILTER_OPEN_READ = 2,	   /* EV_FILE_FLAGS_O_RDONLY */
	FILTER_OPEN_WRITE = 3,	   /* EV_FILE_FLAGS_O_WRONLY */
	FILTER_OPEN_CREAT = 4,	   /* EV_FILE_FLAGS_O_CREAT */
	FILTER_OPEN_TRUNC = 5,	   /* EV_FILE_FLAGS_O_TRUNC */
	FILTER_OPEN_APPEND = 6,	   /* EV_FILE_FLAGS_O_APPEND */
	FILTER_OPEN_EXEC = 7,	   /* the param `mode` has a bit of S_IXUSR | S_IXGRP | S_IXOTH */
	FILTER_OPEN_DIRECTORY = 8, /* EV_FILE_FLAGS_O_DIRECTORY */

	/* When the call ends, if the core has told what the control groups of the thread are (the map cgroup_verdict). */
	FILTER_HOST = 9, /* they are not those of a container */

	/* When the record is built: the member `file` of the event, struct ev_file. */
	FILTER_FD_KNOWN = 16,	  /* EVF_FILE_KNOWN; without it those below are false */
	FILTER_FD_FILE = 17,	  /* type is EV_FD_FILE */
	FILTER_FD_DIRECTORY = 18, /* EV_FD_DIRECTORY */
	FILTER_FD_IPV4 = 19,	  /* EV_FD_IPV4_SOCK or EV_FD_IPV4_SERVSOCK */
	FILTER_FD_IPV6 = 20,	  /* EV_FD_IPV6_SOCK or EV_FD_IPV6_SERVSOCK */
	FILTER_FD_UNIX = 21,	  /* EV_FD_UNIX_SOCK */
	FILTER_FD_FIFO = 22,	  /* EV_FD_FIFO */
	FILTER_L4_TCP = 23,	  /* l4proto is EV_L4_TCP */
	FILTER_L4_UDP = 24,	  /* EV_L4_UDP */

	/*
	 * For open, openat, openat2, creat and open_by_handle_at, before the record is built: the path that the program
	 * passed, made absolute and normalised, or that of the file that the kernel opened may be in the set.  For other
	 * calls, when it is: one of the ports of the member `file` is in the set, or dport is 0.
	 */
	FILTER_PATHSET = 48, /* and the FILTER_PATHSETS - 1 behind it */
};

#define FILTER_PATHSET_MASK (0xffffULL << FILTER_PATHSET)
#define FILTER_FILE_MASK 0x1ff0000ULL /* FILTER_FD_KNOWN to FILTER_L4_UDP */

/* Holds when all atoms of `must` are true and all of `must_not` are false. */
struct filter_clause {
	__u64 must;
	__u64 must_not;
	__u64 path; /* what it asks of the path: FILTER_ANY_PATH, or its sets, and how to look for them (FILTER_PROBE_SHIFT) */
};

/* Of the lower half: the sets; or this bit for a clause without any. */
#define FILTER_ANY_PATH (1ULL << FILTER_PATHSETS)

/* The upper half: members of struct filter_paths that hold keys of these sets. */
#define FILTER_PROBE_SHIFT 32

/* What there is to decide once more is known than the result and the flags of a call. */
enum filter_stage {
	FILTER_STAGE_PATH = 1, /* some clause has a path set */
	FILTER_STAGE_FILE = 2, /* some clause has an atom of the file */
	FILTER_STAGE_HOST = 4, /* some clause has FILTER_HOST */
};

#define FILTER_CLAUSES 16

/* What rules ask of the events of one type. */
struct filter_program {
	__u32 nclauses; /* 0: all are wanted */
	__u32 stages;	/* enum filter_stage */
	struct filter_clause clause[FILTER_CLAUSES];
};

/* How a path is compared with a text of a set. */
enum filter_kind {
	FILTER_EXACT = 0,
	FILTER_PREFIX = 1,
	FILTER_SUFFIX = 2,
	FILTER_CONTAINS = 3,
};

/* Which keys there are: of a set, or of several. */
enum filter_probe {
	FILTER_PROBE_PREFIX = 0x1,   /* with the bits behind it: of the first filter__prefix_len(n) bytes */
	FILTER_PROBE_SUFFIX = 0x100, /* with the bits behind it: of the last filter__suffix_len(n) bytes */
	FILTER_PROBE_EXACT = 0x10000,
	FILTER_PROBE_INSIDE = 0x20000, /* of FILTER_CONTAINS */
	FILTER_PROBE_ALL = 0x3ffff,
};

/* Paths from this length on are not looked at: they may be in every set. */
#define FILTER_TEXT_MAX 256

/* Some ten thousand texts: where there are more keys than places, nearly every path may be in a set. */
#define FILTER_KEY_BITS 15

/* A key stands for some bytes at some place of a path: the place in the table is one part of its hash, `tag` another. */
struct filter_key {
	__u16 tag;  /* 0: several keys have this place, the tag is not compared */
	__u16 sets; /* 0: free */
};

struct filter_paths {
	__u32 always; /* sets that any path may be in */
	__u32 stride; /* of the places in a path where FILTER_CONTAINS looks: 1, 2 or 4; 0: there are no such texts */
	__u32 probe_mask[FILTER_PATHSETS]; /* enum filter_probe, by set */
	struct filter_key keys[1 << FILTER_KEY_BITS];
};

#define FILTER_PORTS 65536

/*
 * The filter of one set of rules.  There are two, so that one can be filled while the other is in use; g_cfg.filter
 * tells which.
 */
struct filter_bank {
	struct filter_program programs[PROBE_SLOTS]; /* by slot */
	struct filter_paths paths;
	__u16 ports[FILTER_PORTS]; /* sets of ports that a port is in: they have numbers among those of paths */
};

#define FILTER_BANKS 2

#endif
