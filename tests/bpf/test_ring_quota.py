# SPDX-License-Identifier: Apache-2.0
"""Shares of a ring (bpf/lib/record/ring_quota.h), compiled for this machine, against a list of all records."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cc import run_c

SOURCE = r"""
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#define TIERCEL_CGROUP_KEY_H /* what it includes needs the kernel's types */
#define SEC(name)
#define __noinline
#define __uint(name, value) int (*name)[value]
#define __type(name, value) __typeof__(value) *name
#define BPF_MAP_TYPE_LRU_HASH 9
#define BPF_ANY 0
#include "gen/probe_abi.h"

static struct probe_config g_cfg;
static char entry[256];
static bool is_there;

static void *bpf_map_lookup_elem(void *map, const void *key)
{
	(void)map, (void)key;
	return is_there ? entry : NULL;
}

static long bpf_map_update_elem(void *map, const void *key, const void *value, __u64 flags)
{
	(void)map, (void)key, (void)flags;
	memcpy(entry, value, 48);
	is_there = true;
	return 0;
}

static __u32 cgroup_key__verdict(__u64 key)
{
	(void)key;
	return 0;
}

#include "lib/record/ring_quota.h"

#define RING 8192
#define PART (RING / RING_QUOTA_PARTS)

static struct { __u64 at; __u32 len; } kept[100000];
static int nkept;

static bool expected(__u64 produced, __u64 consumed, __u32 len)
{
	__u64 own = len;

	for (int i = 0; i < nkept; i++)
		if (kept[i].at / PART >= consumed / PART)
			own += kept[i].len;
	return own <= RING_QUOTA_FACTOR * (RING - (produced - consumed));
}

static __u32 random_state = 1;

static __u32 random_below(__u32 limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % limit;
}

int main(void)
{
	__u64 produced = 0, consumed = 0;
	int wrong = 0, taken = 0, refused = 0;
	bool is;

	g_cfg.volume_bytes = RING;
	ring_quota__take(7, 1, 0, 0, 100); /* makes the entry, and counts nothing */
	for (int i = 0; i < STEPS; i++) {
		__u32 len = 16 + random_below(200);

		if (produced - consumed + len > RING || !random_below(SELDOM))
			consumed = produced - random_below(produced - consumed + 1);
		if (!random_below(IDLE)) /* others fill it, some laps long */
			consumed = produced += random_below(3 * RING);
		is = ring_quota__take(7, 1, produced, consumed, len);
		wrong += is != expected(produced, consumed, len);
		taken += is;
		refused += !is;
		if (is) {
			kept[nkept].at = produced;
			kept[nkept++].len = len;
		}
		produced += len;
	}
	printf("%d %d %d %d\n", wrong, taken, refused, (int)(produced / RING));
	return sizeof(struct ring_quota) > 48;
}
"""


@pytest.mark.parametrize(("seldom", "idle"), [(20, 1000000), (20, 50), (200, 400)])
def test_shares_over_many_laps(tmp_path: Path, seldom: int, idle: int) -> None:
    """The bytes that an owner had in the same eighth one lap ago no longer count."""
    flags = ("-DSTEPS=5000", f"-DSELDOM={seldom}", f"-DIDLE={idle}", "-Wno-unused-function")
    wrong, taken, refused, laps = map(int, run_c(tmp_path, SOURCE, *flags).split())
    assert wrong == 0
    assert taken > 1000
    assert refused > 100
    assert laps > 20
