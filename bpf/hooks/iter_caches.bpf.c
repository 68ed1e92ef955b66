/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The kernel's slab caches, of which one is of interest: that of the names of files.
 */
#include "lib/path/arg_names.h"

SEC("iter/kmem_cache")
int iter_caches(struct bpf_iter__kmem_cache *ctx)
{
	struct kmem_cache *cache = ctx->s;
	__u64 name;

	if (!cache || !arg_names__has_lists())
		return 0;
	cache = kernel__cast(struct kmem_cache, cache);
	name = kernel__addr(cache, name);
	if (kernel__word((void *)name) != NAME8('n', 'a', 'm', 'e', 's', '_', 'c', 'a') ||
	    (__u32)kernel__word((void *)(name + 8)) != NAME8('c', 'h', 'e', 0, 0, 0, 0, 0))
		return 0;
	g_names_cache.offset = kernel__get(cache, offset);
	if (bpf_core_field_exists(struct kmem_cache, random))
		g_names_cache.random = kernel__get(cache, random);
	g_names_cache.cpu_slab = kernel__addr(cache, cpu_slab);
	return 0;
}
