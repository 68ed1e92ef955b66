/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * How much memory a process has.
 */
#ifndef TIERCEL_MEM_H
#define TIERCEL_MEM_H

#include "lib/param/args.h"

#define PAGE_KIB g_cfg.page_kib

/* Indexes of mm_struct.rss_stat. */
enum rss_counter {
	MM_FILEPAGES,
	MM_ANONPAGES,
	MM_SWAPENTS,
	MM_SHMEMPAGES,
};

/* Pages in memory. */
static __always_inline __u64 mem__rss_pages(struct mm_struct *mm)
{
	return compat__rss_pages(mm, MM_FILEPAGES) + compat__rss_pages(mm, MM_ANONPAGES) +
	       compat__rss_pages(mm, MM_SHMEMPAGES);
}

/* Fill vm_size, vm_rss and vm_swap of an event from the current process. */
#define mem__fill(ev)                                                            \
	do {                                                                     \
		struct mm_struct *__mm = kernel__current()->mm;                  \
                                                                                 \
		(ev)->vm_size = __mm->total_vm * PAGE_KIB;                       \
		(ev)->vm_rss = mem__rss_pages(__mm) * PAGE_KIB;                  \
		(ev)->vm_swap = compat__rss_pages(__mm, MM_SWAPENTS) * PAGE_KIB; \
	} while (0)

#endif
