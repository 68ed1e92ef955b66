/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Limits of resources as programs pass them; -1 is no limit.
 */
#ifndef TIERCEL_RLIMIT_H
#define TIERCEL_RLIMIT_H

#include "lib/param/args.h"

/* Read a struct rlimit64, or the struct rlimit of a 64-bit program; zeros if it cannot be read. */
static __always_inline void rlimit__read64(unsigned long addr, __s64 *cur, __s64 *max)
{
	__s64 limits[2] = {};

	bpf_probe_read_user(limits, sizeof(limits), (void *)addr);
	*cur = limits[0];
	*max = limits[1];
}

/* No limit, in 32 bits. */
static __always_inline __s64 rlimit__widen(__u32 limit)
{
	return limit == 0xffffffff ? -1 : (__s64)limit;
}

static __always_inline void rlimit__read(const struct ev_hdr *hdr, unsigned long addr, __s64 *cur, __s64 *max)
{
	__u32 narrow[2] = {};

	if (!args__ia32(hdr)) {
		rlimit__read64(addr, cur, max);
		return;
	}
	bpf_probe_read_user(narrow, sizeof(narrow), (void *)addr);
	*cur = rlimit__widen(narrow[0]);
	*max = rlimit__widen(narrow[1]);
}

#endif
