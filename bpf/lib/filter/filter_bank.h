/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The filter in use: the conditions of the rules on the events of each type.
 */
#ifndef TIERCEL_FILTER_BANK_H
#define TIERCEL_FILTER_BANK_H

#include "lib/filter/filter.h"
#include "lib/record/maps.h"

/* The bank of filters in use, NULL for none. */
static __always_inline struct filter_bank *filter_bank__current(void)
{
	__u32 bank = g_cfg.filter;

	if (!bank)
		return NULL;
	bank--;
	return bpf_map_lookup_elem(&filter_banks, &bank);
}

static __always_inline const struct filter_program *filter_bank__program(const struct filter_bank *bank, __u32 slot)
{
	barrier_var(slot); /* one register for check and use */
	return slot < PROBE_SLOTS ? &bank->programs[slot] : NULL;
}

#endif
