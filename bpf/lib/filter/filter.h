/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Evaluation of filter clauses (gen/filter_abi.h).  It uses no helpers and no maps: the probe includes it in the
 * kernel, and the core includes it to fill and test the tables.
 */
#ifndef TIERCEL_FILTER_H
#define TIERCEL_FILTER_H

#ifdef __bpf__
#include "lib/kernel/kernel.h"
#define FILTER_UNROLLED _Pragma("unroll")
#else
#include <string.h>
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define FILTER_UNROLLED
#define barrier_var(var) ((void)(var))
#endif

#include "gen/events.gen.h"
#include "gen/filter_abi.h"

#define FILTER_ALL_SETS 0xffff

/* Known facts of an event: atoms that may be true and atoms that may be false. */
struct filter_state {
	__u64 may;
	__u64 may_not;
};

static __always_inline void filter__begin(struct filter_state *state)
{
	state->may = ~0ULL;
	state->may_not = ~0ULL;
}

/* True if a clause can be true. */
static __always_inline int filter__allows(const struct filter_program *program, const struct filter_state *state)
{
	__u32 count = program->nclauses, i;

	if (!count)
		return 1;
	for (i = 0; i < FILTER_CLAUSES && i < count; i++)
		if (!(program->clause[i].must & ~state->may) && !(program->clause[i].must_not & ~state->may_not))
			return 1;
	return 0;
}

/*
 * Path checks of all clauses that can be true, in the form of filter_clause.path; 0: no clause can be true.  A path in
 * one of the sets is enough to allow the event, although a clause with several sets needs the path in all of them.
 */
static __always_inline __u64 filter__path_checks(const struct filter_program *program, const struct filter_state *state)
{
	__u64 checks = 0, missed;
	__s32 rest;
	__u32 i;

	for (i = 0; i < FILTER_CLAUSES; i++) {
		rest = program->nclauses - i;
		barrier_var(rest);
		if (rest <= 0)
			break;
		missed = (program->clause[i].must & ~state->may) | (program->clause[i].must_not & ~state->may_not);
		if (!missed)
			checks |= program->clause[i].path;
	}
	return checks;
}

/* --- Known facts --- */

/* Set the atoms in `mask` to their values in `is`.  Without branches, the verifier explores only one path. */
static __always_inline void filter__set_mask(struct filter_state *state, __u64 mask, __u64 is)
{
	state->may &= ~mask | is;
	state->may_not &= ~(mask & is);
}

static __always_inline void filter__set_call(struct filter_state *state, __s64 result, __u32 uid)
{
	__u64 is_ok = ~(__u64)result >> 63, is_root = ((__u64)uid - 1) >> 63;

	filter__set_mask(state, 1ULL << FILTER_OK | 1ULL << FILTER_ROOT, is_ok << FILTER_OK | is_root << FILTER_ROOT);
}

/* Set the atoms that depend on the cgroup_verdict entry of the current thread. */
static __always_inline void filter__set_cgroup(struct filter_state *state, __u32 verdict)
{
	__u64 is_known = -(__u64)verdict >> 63, is_host = ((__u64)(verdict ^ PROBE_CGROUP_HOST) - 1) >> 63;

	filter__set_mask(state, is_known << FILTER_HOST, is_host << FILTER_HOST);
}

/* Set the atoms of the params flags and mode of an open call. */
static __always_inline void filter__set_open(struct filter_state *state, __u32 flags, __u32 mode)
{
	const __u64 mask = 1ULL << FILTER_OPEN_READ | 1ULL << FILTER_OPEN_WRITE | 1ULL << FILTER_OPEN_CREAT |
			   1ULL << FILTER_OPEN_TRUNC | 1ULL << FILTER_OPEN_APPEND | 1ULL << FILTER_OPEN_EXEC |
			   1ULL << FILTER_OPEN_DIRECTORY;
	__u64 is = 0, exec = (mode >> 6 | mode >> 3 | mode) & 1;

	is |= (__u64)(flags / EV_FILE_FLAGS_O_RDONLY & 1) << FILTER_OPEN_READ;
	is |= (__u64)(flags / EV_FILE_FLAGS_O_WRONLY & 1) << FILTER_OPEN_WRITE;
	is |= (__u64)(flags / EV_FILE_FLAGS_O_CREAT & 1) << FILTER_OPEN_CREAT;
	is |= (__u64)(flags / EV_FILE_FLAGS_O_TRUNC & 1) << FILTER_OPEN_TRUNC;
	is |= (__u64)(flags / EV_FILE_FLAGS_O_APPEND & 1) << FILTER_OPEN_APPEND;
	is |= (__u64)(flags / EV_FILE_FLAGS_O_DIRECTORY & 1) << FILTER_OPEN_DIRECTORY;
	filter__set_mask(state, mask, is | exec << FILTER_OPEN_EXEC);
}

/* Set the sets that the path may be in, one bit each. */
static __always_inline void filter__set_pathsets(struct filter_state *state, __u32 sets)
{
	state->may &= ~FILTER_PATHSET_MASK | (__u64)sets << FILTER_PATHSET;
}

#define FILTER_FILE(atom) (1 << (FILTER_##atom - FILTER_FD_KNOWN))

/* True atoms by descriptor type and by transport protocol, without FILTER_FD_KNOWN. */
static const __u16 filter_of_type[32] = {
	[EV_FD_FILE] = FILTER_FILE(FD_FILE),	    [EV_FD_DIRECTORY] = FILTER_FILE(FD_DIRECTORY),
	[EV_FD_IPV4] = FILTER_FILE(FD_IPV4),	    [EV_FD_IPV6] = FILTER_FILE(FD_IPV6),
	[EV_FD_IPV4_SERVER] = FILTER_FILE(FD_IPV4), [EV_FD_IPV6_SERVER] = FILTER_FILE(FD_IPV6),
	[EV_FD_PIPE] = FILTER_FILE(FD_FIFO),	    [EV_FD_UNIX] = FILTER_FILE(FD_UNIX),
};
static const __u16 filter_of_l4proto[8] = {
	[EV_L4_TCP] = FILTER_FILE(L4_TCP),
	[EV_L4_UDP] = FILTER_FILE(L4_UDP),
};

/* Set the atoms of the member `file` of a record. */
static __always_inline void filter__set_file(struct filter_state *state, const struct ev_file *file)
{
	__u64 is_known = file->flags / EVF_FILE_KNOWN & 1, is = FILTER_FILE(FD_KNOWN);

	is |= filter_of_type[file->type & 31] | filter_of_l4proto[file->l4proto & 7];
	filter__set_mask(state, FILTER_FILE_MASK, (is & -is_known) << FILTER_FD_KNOWN);
}

/* Set the port sets of the member `file` of a record.  An unconnected socket may send to any port. */
static __always_inline void filter__set_ports(struct filter_state *state, const __u16 *ports,
					      const struct ev_file *file)
{
	filter__set_pathsets(state, ports[file->sport] | ports[file->dport] | (file->dport ? 0 : FILTER_ALL_SETS));
}

/* --- Paths --- */

#define FILTER_PREFIX_LENS 0x100c0a0908060504ULL /* one byte each, in ascending order */
#define FILTER_SUFFIX_LENS 0x100c0a0806040302ULL
#define FILTER_LENS 8
#define FILTER_GRAM 4

/* Readable bytes that are necessary before and after a path, because it is read in words. */
#define FILTER_SLACK 16

static __always_inline __u32 filter__prefix_len(const __u32 n)
{
	return FILTER_PREFIX_LENS >> 8 * n & 0xff;
}

static __always_inline __u32 filter__suffix_len(const __u32 n)
{
	return FILTER_SUFFIX_LENS >> 8 * n & 0xff;
}

/* Hash of up to 16 bytes, for keys of one kind and length. */
static __always_inline __u64 filter__hash(__u64 low, __u64 high, __u32 kind, __u32 len)
{
	__u64 hash = (low ^ (__u64)(kind << 16 | len) * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;

	hash = (hash ^ hash >> 32 ^ high) * 0xc4ceb9fe1a85ec53ULL;
	return hash ^ hash >> 29;
}

static __always_inline __u32 filter__place(__u64 hash)
{
	return hash >> (64 - FILTER_KEY_BITS);
}

static __always_inline __u16 filter__tag(__u64 hash)
{
	return hash >> 8 | 1;
}

static __always_inline __u32 filter__find(const struct filter_paths *paths, __u64 hash)
{
	const struct filter_key *key = &paths->keys[filter__place(hash)];
	__u16 tag = key->tag;

	return !tag || tag == filter__tag(hash) ? key->sets : 0;
}

static __always_inline __u64 filter__word(const char *text)
{
#ifdef __bpf__
	return *(const __u64 *)text; /* BPF allows unaligned loads; memcpy would compile to eight loads */
#else
	__u64 word;

	memcpy(&word, text, sizeof(word));
	return word;
#endif
}

/* Low `len` bytes of a word, 0 to 8. */
static __always_inline __u64 filter__low(__u64 word, __u32 len)
{
	return len < 8 ? word & ((1ULL << 8 * len) - 1) : word;
}

/* High `len` bytes of a word, 0 to 8; the other bytes are zero. */
static __always_inline __u64 filter__high(__u64 word, __u32 len)
{
	return len < 8 ? (len ? word >> 8 * (8 - len) << 8 * (8 - len) : 0) : word;
}

/* Words at both ends of a path, zero-padded for a short path. */
struct filter_ends {
	__u64 first;
	__u64 second;
	__u64 last_but_one;
	__u64 last;
};

static __always_inline void filter__take_ends(struct filter_ends *ends, const char *text, __u32 len)
{
	__u32 rest = len > 8 ? len - 8 : 0;

	ends->first = filter__low(filter__word(text), len);
	ends->second = filter__low(filter__word(text + 8), rest);
	ends->last = filter__high(filter__word(text + len - 8), len);
	ends->last_but_one = filter__high(filter__word(text + len - 16), rest);
}

static __always_inline __u64 filter__exact_hash(const struct filter_ends *ends, __u32 len)
{
	return filter__hash(ends->first ^ ends->last * 31, ends->second ^ ends->last_but_one * 31, FILTER_EXACT, len);
}

/* Hash of the first `len` bytes. */
static __always_inline __u64 filter__prefix_hash(const struct filter_ends *ends, const __u32 len)
{
	if (len <= 8)
		return filter__hash(filter__low(ends->first, len), 0, FILTER_PREFIX, len);
	return filter__hash(ends->first, filter__low(ends->second, len - 8), FILTER_PREFIX, len);
}

/* Hash of the last `len` bytes. */
static __always_inline __u64 filter__suffix_hash(const struct filter_ends *ends, const __u32 len)
{
	if (len <= 8)
		return filter__hash(filter__high(ends->last, len), 0, FILTER_SUFFIX, len);
	return filter__hash(ends->last, filter__high(ends->last_but_one, len - 8), FILTER_SUFFIX, len);
}

static __always_inline __u64 filter__gram_hash(__u64 word)
{
	return filter__hash(filter__low(word, FILTER_GRAM), 0, FILTER_CONTAINS, FILTER_GRAM);
}

/* Offsets that one step of the search for contained texts checks. */
#define FILTER_PLACES 8

/* Sets that the path may be in because of its text from offset `at` on. */
static __always_inline __u32 filter__contained(const struct filter_paths *paths, const char *text, __u32 len, __u32 at)
{
	__u32 skip = paths->stride - 1U, sets = 0, n;

	FILTER_UNROLLED
	for (n = 0; n < FILTER_PLACES; n++)
		if (!(n & skip) && at + n + FILTER_GRAM <= len)
			sets |= filter__find(paths, filter__gram_hash(filter__word(text + at + n)));
	return sets;
}

/* Sets that a path may be in by its ends, for the kinds of keys in `probe_mask`; `len` is less than FILTER_TEXT_MAX. */
static __always_inline __u32 filter__sets(const struct filter_paths *paths, const char *text, __u32 len,
					  __u32 probe_mask)
{
	__u32 sets = paths->always, n;
	struct filter_ends ends;

	filter__take_ends(&ends, text, len);
	if (probe_mask & FILTER_PROBE_EXACT)
		sets |= filter__find(paths, filter__exact_hash(&ends, len));
	FILTER_UNROLLED
	for (n = 0; n < FILTER_LENS; n++)
		if (probe_mask & FILTER_PROBE_PREFIX << n)
			sets |= filter__find(paths, filter__prefix_hash(&ends, filter__prefix_len(n)));
	FILTER_UNROLLED
	for (n = 0; n < FILTER_LENS; n++)
		if (probe_mask & FILTER_PROBE_SUFFIX << n)
			sets |= filter__find(paths, filter__suffix_hash(&ends, filter__suffix_len(n)));
	return sets;
}

/* Bytes of a word that equal those of `pattern`, marked by their top bits. */
static __always_inline __u64 filter__equal(__u64 word, __u64 pattern)
{
	__u64 low = 0x7f7f7f7f7f7f7f7fULL, diff = word ^ pattern;

	return ~(((diff & low) + low) | diff | low);
}

/*
 * True if a path is absolute and normalised: no trailing or double slash, no component "." and no component that begins
 * with "..".  Consecutive words overlap by two bytes.
 */
static __always_inline int filter__is_plain(const char *text, __u32 len)
{
	__u64 word, slash, point, end;
	__s32 rest;
	__u32 i;

	if (!len || text[0] != '/')
		return 0;
	if (len == 1)
		return 1;
	for (i = 0; i < FILTER_TEXT_MAX; i += 6) {
		rest = len - i;
		barrier_var(rest); /* keep verifier bounds of rest separate from len: fewer states */
		if (rest <= 0)
			break;
		word = filter__low(filter__word(text + i), rest);
		slash = filter__equal(word, 0x2f2f2f2f2f2f2f2fULL);
		point = filter__equal(word, 0x2e2e2e2e2e2e2e2eULL);
		end = filter__equal(word, 0);
		if (slash & ((slash | end) >> 8 | (point >> 8 & (slash | point | end) >> 16)))
			return 0;
	}
	return 1;
}

#ifndef __bpf__

/* --- Filling and testing the tables, in the core --- */

static inline void filter__put(struct filter_paths *paths, __u64 hash, __u32 set, __u32 probe)
{
	struct filter_key *key = &paths->keys[filter__place(hash)];

	paths->probe_mask[set] |= probe;
	if (!key->sets)
		key->tag = filter__tag(hash);
	else if (key->tag != filter__tag(hash))
		key->tag = 0;
	key->sets |= 1U << set;
}

/* Text with the slack that word reads need. */
struct filter_text {
	char front[FILTER_SLACK];
	char text[FILTER_TEXT_MAX];
	char back[FILTER_SLACK];
};

static inline void filter__copy(struct filter_text *out, const char *text, __u32 len)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->text, text, len < FILTER_TEXT_MAX ? len : FILTER_TEXT_MAX - 1);
}

/* Clear the tables; `shortest` is the length of the shortest FILTER_CONTAINS text, 0 for none. */
static inline void filter__clear(struct filter_paths *paths, __u32 shortest)
{
	memset(paths, 0, sizeof(*paths));
	if (shortest)
		paths->stride = shortest >= FILTER_GRAM + 3 ? 4 : shortest >= FILTER_GRAM + 1 ? 2 : 1;
}

/* Add a text to a set. */
static inline void filter__add(struct filter_paths *paths, __u32 set, enum filter_kind kind, const char *bytes,
			       __u32 len)
{
	struct filter_ends ends;
	struct filter_text copy;
	int n;

	if (kind == FILTER_EXACT && len >= FILTER_TEXT_MAX)
		return; /* such paths are not compared */
	filter__copy(&copy, bytes, len);
	if (len >= FILTER_TEXT_MAX) {
		if (kind == FILTER_SUFFIX)
			memcpy(copy.text, bytes + len - (FILTER_TEXT_MAX - 1), FILTER_TEXT_MAX - 1);
		len = FILTER_TEXT_MAX - 1;
	}
	filter__take_ends(&ends, copy.text, len);
	switch (kind) {
	case FILTER_EXACT:
		filter__put(paths, filter__exact_hash(&ends, len), set, FILTER_PROBE_EXACT);
		return;
	case FILTER_PREFIX:
		for (n = FILTER_LENS - 1; n >= 0 && filter__prefix_len(n) > len;)
			n--;
		if (n < 0)
			break;
		filter__put(paths, filter__prefix_hash(&ends, filter__prefix_len(n)), set, FILTER_PROBE_PREFIX << n);
		return;
	case FILTER_SUFFIX:
		for (n = FILTER_LENS - 1; n >= 0 && filter__suffix_len(n) > len;)
			n--;
		if (n < 0)
			break;
		filter__put(paths, filter__suffix_hash(&ends, filter__suffix_len(n)), set, FILTER_PROBE_SUFFIX << n);
		return;
	case FILTER_CONTAINS:
		if (!paths->stride || len < FILTER_GRAM + paths->stride - 1)
			break;
		/* One of these is at a checked offset, for every start of the text in the path. */
		for (n = 0; n < (int)paths->stride; n++)
			filter__put(paths, filter__gram_hash(filter__word(copy.text + n)), set, FILTER_PROBE_INSIDE);
		return;
	}
	paths->always |= 1U << set; /* too short for a key */
}

/* Path checks of a clause, after the sets are filled: filter_clause.path. */
static inline __u64 filter__path_of(const struct filter_paths *paths, __u64 must)
{
	__u32 sets = must >> FILTER_PATHSET, probe_mask = 0, set;

	for (set = 0; set < FILTER_PATHSETS; set++)
		if (sets & 1U << set)
			probe_mask |= paths->probe_mask[set];
	return sets ? sets | (__u64)probe_mask << FILTER_PROBE_SHIFT : FILTER_ANY_PATH;
}

/* Sets that an absolute path may be in.  A requested path that is not normalised may be in all sets. */
static inline __u32 filter__try(const struct filter_paths *paths, const char *text, __u32 len, int is_requested)
{
	struct filter_text copy;
	__u32 sets, at;

	if (!len || len >= FILTER_TEXT_MAX)
		return FILTER_ALL_SETS;
	filter__copy(&copy, text, len);
	if (is_requested && !filter__is_plain(copy.text, len))
		return FILTER_ALL_SETS;
	sets = filter__sets(paths, copy.text, len, FILTER_PROBE_ALL);
	for (at = 0; paths->stride && at < len; at += FILTER_PLACES)
		sets |= filter__contained(paths, copy.text, len, at);
	return sets;
}
#endif

#endif
