/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The hash table of the kernel's directory entries (fs/dcache.c), which finds an entry of a directory of any length in
 * one step.
 *
 * Neither the table's address nor its size is exported, and kernels without CONFIG_KALLSYMS_ALL do not list their
 * symbols.  Both follow from entries at hand: an entry holds its own hash, and the first entry of a bucket points back
 * at the bucket.  So the children of one directory are measured once, when the sensor starts, and the hash of each is
 * computed as well.  If any of them disagrees, the table stays unknown, and lookups read the list of the directory's
 * children instead.
 */
#ifndef TIERCEL_DCACHE_H
#define TIERCEL_DCACHE_H

#include "lib/kernel/compat.h"

#define DCACHE_NAME_WORDS (NAME_MAX / 8 + 1)

/* Bit 0 of the head of a bucket is its lock. */
#define DCACHE_LOCK_BIT 1ULL

/* Entries of one bucket that are read; the kernel sizes the table for about one. */
#define DCACHE_CHAIN 64

/* Children that are measured, and how many of them have to agree on one size of the table. */
#define DCACHE_SAMPLES 256
#define DCACHE_AGREEING 3

/* The shifts of a 32-bit hash that a table can have, a bit for each. */
#define DCACHE_SHIFTS 0xfffffffeULL

/* Address of the first bucket, 0 while it is unknown, and how far a hash is shifted to give a bucket's number. */
struct dcache_table {
	__u64 buckets;
	__u32 shift;
};

struct dcache_table g_dcache = {};

/* --- The hash of a name in a directory: HASH_MIX and fold_hash of fs/namei.c on 64-bit machines, since 4.8 --- */

struct dcache_hash {
	__u64 x;
	__u64 y;
};

static __always_inline __u64 dcache__rotate(__u64 word, __u32 bits)
{
	return word << bits | word >> (64 - bits);
}

static __always_inline void dcache__mix(struct dcache_hash *hash, __u64 word)
{
	hash->x ^= word;
	hash->y ^= hash->x;
	hash->x = dcache__rotate(hash->x, 12) + hash->y;
	hash->y = dcache__rotate(hash->y, 45) * 9;
}

/* The hash, given the bytes after the last whole word, with zeros above them. */
static __always_inline __u32 dcache__fold(const struct dcache_hash *hash, __u64 rest)
{
	const __u64 golden_ratio = 0x61c8864680b583ebULL;

	return (hash->y ^ (hash->x ^ rest) * golden_ratio) * golden_ratio >> 32;
}

/* Address of the first node in the bucket of a hash; 0: the bucket is empty. */
static __always_inline __u64 dcache__first(__u32 hash)
{
	return kernel__word((void *)(g_dcache.buckets + 8 * (__u64)(hash >> g_dcache.shift))) & ~DCACHE_LOCK_BIT;
}

static __always_inline __u64 dcache__entry(__u64 node)
{
	return node - bpf_core_field_offset(struct dentry, d_hash);
}

/* --- Where the table is --- */

/* It is global: the verifier does not follow numbers in maps, and so finds all steps alike. */
struct dcache_survey {
	__u64 dir;
	__u64 node;   /* the next child */
	__u64 bucket; /* of the first sample: its address and its hash */
	__u64 shifts; /* shifts that all samples allow, a bit for each */
	__u32 hash;
	__u32 agreeing; /* further samples */
	bool differs;	/* this kernel, or this file system, computes another hash */
};

struct dcache_survey g_survey = {};

/* The hash that fs/namei.c computes for an entry of a directory. */
__noinline __u32 dcache__hash_of(__u64 dir, __u64 child)
{
	struct dentry *entry = kernel__cast(struct dentry, child);
	struct dcache_hash hash = { .y = dir };
	__u64 name = kernel__addr(entry, d_name.name), word;
	__u32 len = kernel__get(entry, d_name.len);

	for (__u32 i = 0; i < DCACHE_NAME_WORDS; i++) {
		if (8 * i >= len)
			return dcache__fold(&hash, 0);
		word = kernel__word((void *)(name + 8 * i));
		if (8 * i + 8 > len)
			return dcache__fold(&hash, word & ((1ULL << 8 * (len & 7)) - 1));
		dcache__mix(&hash, word);
	}
	return 0;
}

/*
 * The bucket of an entry if the entry is the first there, else 0.  Of a node, what it points back at is a node that
 * points at it.
 */
static __always_inline __u64 dcache__bucket_of_first(struct dentry *entry)
{
	__u64 before = kernel__addr(entry, d_hash.pprev);
	__u64 before_that;

	if (!before)
		return 0;
	before_that = kernel__word((void *)(before + bpf_core_field_offset(struct hlist_bl_node, pprev)));
	if (before_that && (kernel__word((void *)before_that) & ~DCACHE_LOCK_BIT) == before)
		return 0;
	return before;
}

static __always_inline void dcache__sample(__u64 bucket, __u32 hash)
{
	__u64 apart = bucket - g_survey.bucket;

	if (!g_survey.bucket) {
		g_survey.bucket = bucket;
		g_survey.hash = hash;
		return;
	}
	for (__u32 shift = 1; shift < 32; shift++)
		if (8 * ((__u64)(hash >> shift) - (g_survey.hash >> shift)) != apart)
			g_survey.shifts &= ~(1ULL << shift);
	g_survey.agreeing++;
}

static long dcache__survey_step(__u32 i, void *unused)
{
	__u64 child, bucket;
	struct dentry *entry;
	__u32 hash;

	if (!g_survey.node)
		return 1;
	child = compat__child(g_survey.node);
	entry = kernel__cast(struct dentry, child);
	g_survey.node = compat__next_child(g_survey.dir, g_survey.node);
	bucket = dcache__bucket_of_first(entry);
	if (!bucket)
		return 0;
	hash = kernel__get(entry, d_name.hash);
	if (hash != dcache__hash_of(g_survey.dir, child)) {
		g_survey.differs = true;
		return 1;
	}
	dcache__sample(bucket, hash);
	return 0;
}

/* Find the table, unless it is known, by the children of a directory; it stays unknown if there are too few of them. */
static __always_inline void dcache__survey(__u64 dir)
{
	if (g_dcache.buckets)
		return;
	__builtin_memset(&g_survey, 0, sizeof(g_survey));
	g_survey.dir = dir;
	g_survey.node = compat__first_child(dir);
	g_survey.shifts = DCACHE_SHIFTS;
	bpf_loop(DCACHE_SAMPLES, dcache__survey_step, NULL, 0);
	if (g_survey.differs || g_survey.agreeing < DCACHE_AGREEING)
		return;
	for (__u32 shift = 1; shift < 32; shift++) {
		if (g_survey.shifts != 1ULL << shift)
			continue;
		g_dcache.shift = shift;
		g_dcache.buckets = g_survey.bucket - 8 * (__u64)(g_survey.hash >> shift);
	}
}

#endif
