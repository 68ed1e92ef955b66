/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the descriptors were that are being closed: taken when the call begins, for when it ends the file may be gone.
 */
#ifndef TIERCEL_CLOSE_CACHE_H
#define TIERCEL_CLOSE_CACHE_H

#include "lib/object/file.h"

/* Places for calls in progress; a call whose place is taken tries the following ones. */
#define CLOSE_CACHE_PLACES 256
#define CLOSE_CACHE_TRIES 4

/* A place that was taken so long ago belongs to a call whose end was not seen. */
#define CLOSE_CACHE_STALE_NS 60000000000ULL

struct close_cache_entry {
	__u64 owner; /* tid, 0: free */
	__u64 since_ns;
	int fd;
	struct ev_file file; /* `path` has the length alone */
	char path[PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLOSE_CACHE_PLACES);
	__type(key, __u32);
	__type(value, struct close_cache_entry);
} close_cache SEC(".maps");

static __always_inline struct close_cache_entry *close_cache__place(__u64 tid, __u32 try)
{
	__u32 index = (tid + try) % CLOSE_CACHE_PLACES;

	return bpf_map_lookup_elem(&close_cache, &index);
}

static __always_inline struct close_cache_entry *close_cache__take(__u64 tid, __u64 now)
{
	struct close_cache_entry *place;
	__u64 owner;

	for (__u32 try = 0; try < CLOSE_CACHE_TRIES; try++) {
		place = close_cache__place(tid, try);
		if (!place)
			return NULL;
		owner = place->owner;
		if (owner && owner != tid && now - place->since_ns < CLOSE_CACHE_STALE_NS)
			continue;
		if (__sync_val_compare_and_swap(&place->owner, owner, tid) == owner)
			return place;
	}
	return NULL;
}

static __always_inline struct close_cache_entry *close_cache__find(__u64 tid, int fd)
{
	struct close_cache_entry *place;

	for (__u32 try = 0; try < CLOSE_CACHE_TRIES; try++) {
		place = close_cache__place(tid, try);
		if (place && place->owner == tid && place->fd == fd)
			return place;
	}
	return NULL;
}

/* Keep what the record in scratch space says of the descriptor. */
static __always_inline void close_cache__keep(const struct record *rec, const struct ev_file *file, __u64 tid, int fd)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct close_cache_entry *place = close_cache__take(tid, now);
	__u32 off = file->path.off, len = file->path.len;
	struct probe_stats *counters;

	if (!place) {
		counters = event__stats();
		if (counters)
			counters->unresolved++;
		return;
	}
	place->since_ns = now;
	place->fd = fd;
	place->file = *file;
	barrier_var(off);
	barrier_var(len);
	if (off < EV_MAX_LEN && len < PATH_MAX)
		bpf_probe_read_kernel(place->path, len, &rec->bytes[off]);
	else
		place->file.path.len = 0;
}

/* Fill `out`, the `file` member of the record at `hdr`, from what was kept, and give the place back. */
static __always_inline void close_cache__fill(struct ev_hdr *hdr, struct ev_file *out, int fd)
{
	struct close_cache_entry *place = close_cache__find(hdr->tid, fd);
	struct record *rec = (struct record *)hdr;
	__u32 off, len;

	if (!place)
		return;
	*out = place->file;
	len = place->file.path.len;
	barrier_var(len);
	out->path = NO_REF;
	if (place->file.path.off && len < PATH_MAX && event__room(rec, &off)) {
		bpf_probe_read_kernel(&rec->bytes[off], len, place->path);
		out->path = event__took(rec, off, len);
	}
	place->owner = 0;
}

#endif
