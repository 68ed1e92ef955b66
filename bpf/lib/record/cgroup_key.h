/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The key of a task's control groups: one number for the groups that can identify its container.  Where the five
 * controllers of the param `cgroups` are all on version 2 it is the id of the v2 group.  Controllers on version 1 have
 * groups of their own, which need not be those of v2, and are mixed in.
 */
#ifndef TIERCEL_CGROUP_KEY_H
#define TIERCEL_CGROUP_KEY_H

#include "lib/record/maps.h"

/* The number of the state that a controller keeps for the group of a task: never used again, in no hierarchy. */
static __always_inline __u64 cgroup_key__serial(__u64 sets, const __u32 controller)
{
	__u64 at = sets + bpf_core_field_offset(struct css_set, subsys) + controller * sizeof(void *);
	__u64 css = kernel__word((void *)at);

	return kernel__get(kernel__cast(struct cgroup_subsys_state, css), serial_nr);
}

static __always_inline __u64 cgroup_key__mix(__u64 key, __u64 part)
{
	key = (key ^ part) * 0x9e3779b97f4a7c15ULL;
	return key ^ key >> 32;
}

#define CGROUP_KEY_MIX(id, bit)                                                                                 \
	do {                                                                                                    \
		if (v1 & (bit) && bpf_core_enum_value_exists(enum cgroup_subsys_id, id))                        \
			key = cgroup_key__mix(                                                                  \
				key, cgroup_key__serial(sets, bpf_core_enum_value(enum cgroup_subsys_id, id))); \
	} while (0)

/* Mix the groups of version 1 of the css_set at address `sets` into a key. */
__noinline __u64 cgroup_key__mix_v1(__u64 sets, __u64 key)
{
	__u32 v1 = g_cfg.v1_controllers;

	CGROUP_KEY_MIX(cpuset_cgrp_id, PROBE_V1_CPUSET);
	CGROUP_KEY_MIX(cpu_cgrp_id, PROBE_V1_CPU);
	CGROUP_KEY_MIX(cpuacct_cgrp_id, PROBE_V1_CPUACCT);
	CGROUP_KEY_MIX(io_cgrp_id, PROBE_V1_IO);
	CGROUP_KEY_MIX(memory_cgrp_id, PROBE_V1_MEMORY);
	return key;
}

/* The same from a task, a typed pointer of any kind. */
#define cgroup_key__of_task(task)                                                                      \
	({                                                                                             \
		__u64 __key = (task)->cgroups->dfl_cgrp->kn->id;                                       \
                                                                                                       \
		g_cfg.v1_controllers ? cgroup_key__mix_v1(kernel__addr(task, cgroups), __key) : __key; \
	})

/* The same of a css_set, by its address and that of the node of its group of version 2. */
static __always_inline __u64 cgroup_key__of_set(__u64 sets, __u64 node)
{
	__u64 key = kernel__get(kernel__cast(struct kernfs_node, node), id);

	return g_cfg.v1_controllers ? cgroup_key__mix_v1(sets, key) : key;
}

/* The core's verdict on the groups with this key: enum probe_cgroup, 0 if it has set none yet. */
__noinline __u32 cgroup_key__verdict(__u64 key)
{
	__u32 *verdict = bpf_map_lookup_elem(&cgroup_verdict, &key);

	return verdict ? *verdict : 0;
}

static __always_inline __u32 cgroup_key__hierarchy(struct cgroup *cgroup)
{
	return kernel__get(kernel__cast(struct cgroup_root, kernel__addr(cgroup, root)), hierarchy_id);
}

/* Whether the groups of this one's hierarchy are followed from their making to their end. */
static __always_inline bool cgroup_key__is_followed(struct cgroup *cgroup)
{
	return cgroup_key__hierarchy(cgroup) == g_cfg.hierarchy;
}

static __always_inline __u64 cgroup_key__id(struct cgroup *cgroup)
{
	return kernel__get(kernel__cast(struct kernfs_node, kernel__addr(cgroup, kn)), id);
}

#endif
