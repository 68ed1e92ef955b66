/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The param `cgroups`: "controller=/path" for the controllers that Falco reports, NUL between them.
 *
 * A cgroup v2 directory that no controller is enabled for would not show in any of these: the directory of the v2
 * hierarchy is added as "=/path", the form without a controller of /proc/PID/cgroup, when no other entry has it.
 * Container runtimes that manage no resources put the container's id only there.
 */
#ifndef TIERCEL_CGROUP_H
#define TIERCEL_CGROUP_H

#include "lib/record/cgroup_key.h"
#include "lib/path/path.h"

/* Directories above a cgroup that are followed. */
#define CGROUP_DEPTH 2048

/* Place for a name: after the longest record, in the slack of the scratch space. */
#define CGROUP_NAME EV_MAX_LEN

struct cgroup_walk {
	struct record *rec;
	struct path_buf *buf;
	__u64 kn;
};

static long cgroup__step(__u32 i, struct cgroup_walk *w)
{
	struct kernfs_node *kn = kernel__cast(struct kernfs_node, w->kn);
	__u64 parent = compat__kernfs_parent(kn);
	char *name = &w->rec->bytes[CGROUP_NAME];
	long len;

	if (!parent) {
		w->buf->end = PATH_ROOT;
		return 1;
	}
	len = bpf_probe_read_kernel_str(name, NAME_MAX + 1, (void *)kernel__addr(kn, name));
	if (len <= 1 || len > NAME_MAX + 1)
		return 1;
	if (!path__prepend(w->buf, (__u64)name, len - 1))
		return 1;
	w->kn = parent;
	return 0;
}

/*
 * Append "<controller>=<path of kn>" and a NUL.  The controller's name and the equals sign are `name_len` bytes of
 * the word `name`.  `same`: the path buffer still has this path.
 */
__noinline int cgroup__entry(struct record *rec, __u64 kn, __u64 name, __u32 name_len, bool same)
{
	struct path_buf *buf;
	struct ev_ref path;
	__u32 off;

	if (!rec || name_len > sizeof(name) || !event__room(rec, &off))
		return 0;
	buf = path__buf(HDR_SCRATCH(&rec->hdr));
	if (!buf)
		return 0;
	__builtin_memcpy(&rec->bytes[off], &name, sizeof(name));
	event__took(rec, off, name_len);
	if (!same) {
		struct cgroup_walk w = { .rec = rec, .buf = buf, .kn = kn };

		buf->pos = PATH_MAX - 1;
		buf->end = PATH_CUT;
		bpf_loop(CGROUP_DEPTH, cgroup__step, &w, 0);
	}
	path = event__unpack(path__emit(rec, buf));
	if (!path.off || !event__room(rec, &off))
		return 0;
	rec->bytes[off] = 0;
	event__took(rec, off, 1);
	return 0;
}

static __always_inline __u64 cgroup__node(__u64 css)
{
	struct cgroup_subsys_state *state = kernel__cast(struct cgroup_subsys_state, css);

	return kernel__addr(kernel__cast(struct cgroup, kernel__addr(state, cgroup)), kn);
}

#define CGROUP_CONTROLLER(id, word, len)                                                                     \
	do {                                                                                                 \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id)) {                                 \
			kn = cgroup__node(kernel__word(                                                      \
				(void *)(sets + bpf_core_field_offset(struct css_set, subsys) +              \
					 bpf_core_enum_value(enum cgroup_subsys_id, id) * sizeof(void *)))); \
			cgroup__entry(rec, kn, word, len, kn == last);                                       \
			last = kn;                                                                           \
			unified |= kn == own;                                                                \
		}                                                                                            \
	} while (0)

/*
 * Append the param for a task whose css_set is at `sets`.  The task may have been moved since the header was filled:
 * the key is set to that of the reported groups, or it would stand for others from now on.
 */
__noinline __u32 cgroup__param(struct record *rec, __u64 sets)
{
	__u64 own, kn, last = 0;
	struct css_set *css_set = kernel__cast(struct css_set, sets);
	struct cgroup *cgroup = kernel__cast(struct cgroup, kernel__addr(css_set, dfl_cgrp));
	bool unified;
	__u32 start, end;

	if (!rec || !event__room(rec, &start))
		return 0;
	own = kernel__addr(cgroup, kn);
	rec->hdr.cgroup_id = cgroup_key__of_set(sets, own);
	unified = !kernel__get(cgroup, level); /* the root identifies no container */
	CGROUP_CONTROLLER(cpuset_cgrp_id, NAME8('c', 'p', 'u', 's', 'e', 't', '=', 0), 7);
	CGROUP_CONTROLLER(cpu_cgrp_id, NAME8('c', 'p', 'u', '=', 0, 0, 0, 0), 4);
	CGROUP_CONTROLLER(cpuacct_cgrp_id, NAME8('c', 'p', 'u', 'a', 'c', 'c', 't', '='), 8);
	CGROUP_CONTROLLER(io_cgrp_id, NAME8('i', 'o', '=', 0, 0, 0, 0, 0), 3);
	CGROUP_CONTROLLER(memory_cgrp_id, NAME8('m', 'e', 'm', 'o', 'r', 'y', '=', 0), 7);
	if (!unified)
		cgroup__entry(rec, own, '=', 1, own == last);
	end = rec->hdr.len;
	if (end <= start + 1 || end > EV_MAX_LEN)
		return 0;
	return start | (end - start - 1) << 16;
}

#endif
