/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Shares of a ring.  Owners are containers, and keys of control groups that are on the host or not classified yet.
 * While a ring is more than a quarter full, the bytes of each owner in it are counted, and each may have twice the room
 * that is left for all.  One owner alone can thus fill two thirds of a ring, eight owners sixteen seventeenths
 * together; an owner that sends little finds room, however much others send.  Network switches share their memory so
 * among ports ("dynamic thresholds"): there is nothing to set, and no owner is limited while the reader keeps up.
 *
 * The bytes of an owner are counted by eighths of the positions in the ring: a record counts until the reader is past
 * the eighth that it begins in.
 */
#ifndef TIERCEL_RING_QUOTA_H
#define TIERCEL_RING_QUOTA_H

#include "lib/record/cgroup_key.h"

#define RING_QUOTA_PARTS 8
#define RING_QUOTA_FACTOR 2

/* Key of a budget: its owner, and the index of the ring. */
#define RING_QUOTA_KEY(owner, ring) ((owner) ^ (__u64)(ring) << 56)

/* The number of a container as an owner, which no key of control groups is likely to be. */
#define RING_QUOTA_CONTAINER (0x5bd1e995ULL << 32)

struct ring_quota {
	__u64 part;		       /* the newest eighth with a record of the owner */
	__u32 bytes[RING_QUOTA_PARTS]; /* by the remainder of the number of an eighth */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct ring_quota);
} ring_quotas SEC(".maps");

/* What was lost: how often, by key of control groups, event and reason. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct probe_loss);
	__type(value, __u64);
} losses SEC(".maps");

/* What entries begin with; not on the stack, of which the longest chains of calls leave little. */
const volatile struct ring_quota g_new_quota SEC(".rodata") = {};
const volatile __u64 g_first_loss SEC(".rodata") = 1;

/* Bytes that the ring holds. */
static __always_inline __u64 ring_quota__ring_bytes(__u32 ring)
{
	return ring == PROBE_RING_LIFE ? g_cfg.life_bytes : g_cfg.volume_bytes;
}

/* Whether the ring, of which `level` bytes are in use, is so full that shares matter. */
static __always_inline bool ring_quota__matters(__u32 ring, __u64 level)
{
	return level > ring_quota__ring_bytes(ring) / 4;
}

/* Whose budget a record with this key is of: that of the container, in whichever of its control groups. */
static __always_inline __u64 ring_quota__owner(__u64 key)
{
	__u32 verdict = cgroup_key__verdict(key);

	return verdict < PROBE_CGROUP_CONTAINER ? key : RING_QUOTA_CONTAINER | verdict;
}

/*
 * Take `len` bytes for an owner, of a ring whose positions are `produced` and `consumed`; false when it would have more
 * than its share.
 */
__noinline int ring_quota__take(__u64 owner, __u32 ring, __u64 produced, __u64 consumed, __u32 len)
{
	__u64 key = RING_QUOTA_KEY(owner, ring), size = ring_quota__ring_bytes(ring), part, oldest, own = len;
	struct ring_quota *quota;
	__u32 i;

	part = produced / (size / RING_QUOTA_PARTS);
	oldest = consumed / (size / RING_QUOTA_PARTS);
	quota = bpf_map_lookup_elem(&ring_quotas, &key);
	if (!quota) {
		bpf_map_update_elem(&ring_quotas, &key, (const void *)&g_new_quota, BPF_ANY);
		return true;
	}
	for (i = 0; i < RING_QUOTA_PARTS; i++)
		if (quota->part + i < part)
			quota->bytes[(quota->part + i + 1) % RING_QUOTA_PARTS] = 0;
	quota->part = part;
	for (i = 0; i < RING_QUOTA_PARTS; i++)
		if (part >= oldest + i)
			own += quota->bytes[(part - i) % RING_QUOTA_PARTS];
	if (own > RING_QUOTA_FACTOR * (size - (produced - consumed)))
		return false;
	quota->bytes[part % RING_QUOTA_PARTS] += len;
	return true;
}

/* Note that a record with this key was lost. */
__noinline int ring_quota__lost(__u64 cgroup_id, __u32 slot, bool over_share)
{
	struct probe_loss key = { .cgroup_id = cgroup_id, .slot = slot, .over_share = over_share };
	__u64 *count = bpf_map_lookup_elem(&losses, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&losses, &key, (const void *)&g_first_loss, BPF_ANY);
	return 0;
}

#endif
