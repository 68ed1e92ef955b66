/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * User and group ids that calls write into the program's memory.
 */
#ifndef TIERCEL_IDS_H
#define TIERCEL_IDS_H

#include "lib/param/args.h"

/* The id at an address; -1, which is no id, if it cannot be read. */
static __always_inline __u32 ids__read(const struct ev_hdr *hdr, unsigned long addr)
{
	bool narrow = args__ia32(hdr) && syscall__has_ids16(hdr->syscall);
	__u32 id = 0;

	if (bpf_probe_read_user(&id, narrow ? sizeof(__u16) : sizeof(id), (void *)addr))
		return 0xffffffff;
	return narrow && id == 0xffff ? 0xffffffff : id;
}

#endif
