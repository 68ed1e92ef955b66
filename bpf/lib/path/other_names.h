/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Records whose names were changed while the call ran: the other names, and the second record of a call of which it is
 * not known what name the kernel used.
 */
#ifndef TIERCEL_OTHER_NAMES_H
#define TIERCEL_OTHER_NAMES_H

#include "lib/path/lookup.h"

/* Find the directory that the name of a job, which is another now, starts from. */
__noinline int other_names__rebase(struct record *rec, __u32 job)
{
	struct lookup *l = lookup__get();
	__u32 at;

	if (!rec || !l || job >= LOOKUP_JOBS || l->jobs[job].how == LOOKUP_TEXT)
		return 0;
	at = l->jobs[job].path;
	barrier_var(at);
	if (at > EV_MAX_LEN)
		return 0;
	((struct ev_path *)&rec->bytes[at])->base =
		event__unpack(args__with_base(rec, *(__u32 *)&rec->bytes[at], l->jobs[job].dirfd) >> 32);
	return 0;
}

/* Append one of the texts to the list at the end of the record; false if there is no room. */
static __always_inline bool other_names__append(struct record *rec, __u32 packed)
{
	__u32 off = packed & 0xffff, len = packed >> 16, end = rec->hdr.len;

	barrier_var(end);
	barrier_var(off);
	barrier_var(len);
	if (end >= EV_MAX_LEN || off >= EV_MAX_LEN || len >= TEXT_MAX)
		return false;
	bpf_probe_read_kernel(&rec->bytes[end], len, &rec->bytes[off]);
	end += len;
	barrier_var(end);
	if (end >= EV_MAX_LEN)
		return false;
	rec->bytes[end] = 0;
	rec->hdr.len = end + 1;
	return true;
}

/* Make the list of other names: each ends with a NUL. */
__noinline int other_names__join(struct record *rec)
{
	struct lookup *l = lookup__get();
	__u32 zero = 0, start, *out;
	bool fits = true;

	out = bpf_map_lookup_elem(&other_names, &zero);
	if (!rec || !l || !out)
		return 0;
	*out = 0;
	start = rec->hdr.len;
	for (int job = 0; job < LOOKUP_JOBS; job++)
		if (job < l->count && l->jobs[job].other)
			fits = fits && other_names__append(rec, l->jobs[job].other);
	if (!fits)
		event__cut(rec);
	if (rec->hdr.len > start)
		*out = start | (rec->hdr.len - start) << 16;
	return 0;
}

/* Send the record once more, with the names that it has and the others exchanged. */
__noinline int other_names__send_twin(struct record *rec)
{
	struct lookup *l = lookup__get();
	__u32 at, other;

	if (!rec || !l)
		return 0;
	for (int job = 0; job < LOOKUP_JOBS; job++) {
		at = l->jobs[job].path;
		barrier_var(at);
		if (!(l->twins & 1 << job) || at > EV_MAX_LEN)
			continue;
		other = l->jobs[job].other;
		l->jobs[job].other = *(__u32 *)&rec->bytes[at];
		*(__u32 *)&rec->bytes[at] = other;
		other_names__rebase(rec, job);
	}
	other_names__join(rec);
	return event__submit(&rec->hdr);
}

#endif
