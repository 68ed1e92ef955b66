/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The name that a call was given, against the sets of the filter.
 *
 * Nearly always it is simply the path of the file that was opened.  That is seen by comparing its components with the
 * names of the dentries, from the end to the root: nothing is copied, and one look at the sets does for both paths.
 */
#ifndef TIERCEL_PATH_MATCH_H
#define TIERCEL_PATH_MATCH_H

#include "lib/record/dispatch.h"
#include "lib/path/path.h"

/* Components that are compared, and bytes of each; what has more is looked at in another way. */
#define PATH_MATCH_COMPONENTS 12
#define PATH_MATCH_NAME_MAX 32

#define PATH_MATCH_UNREAD 0xffff

struct path_match {
	char front[PATH_MATCH_NAME_MAX];
	char text[FILTER_TEXT_MAX];
	char back[FILTER_SLACK];
	__u32 len; /* 0: cannot be judged; PATH_MATCH_UNREAD */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_match);
} path_matches SEC(".maps");

static __always_inline struct path_match *path_match__name(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&path_matches, &zero);
}

/* Read the name; the read is expensive at any length, so it is done once for a call. */
static __always_inline void path_match__read(struct path_match *match, __u64 addr)
{
	long len = bpf_probe_read_user_str(match->text, FILTER_TEXT_MAX, (void *)addr);

	match->len = len <= 1 || len >= FILTER_TEXT_MAX ? 0 : len - 1;
}

struct path_match_scan {
	const struct filter_paths *paths;
	const char *text;
	__u32 len;
	__u32 sets;
};

static long path_match__scan_step(__u32 i, struct path_match_scan *scan)
{
	__u32 at = i * FILTER_PLACES;

	if (at >= scan->len || at >= FILTER_TEXT_MAX)
		return 1;
	scan->sets |= filter__contained(scan->paths, scan->text, scan->len, at);
	return 0;
}

/* Sets that a path may be in, as far as `probe_mask` says to look. */
static __always_inline __u32 path_match__sets(const struct filter_bank *bank, const char *text, __u32 len,
					      __u32 probe_mask)
{
	struct path_match_scan scan = { .paths = &bank->paths, .text = text, .len = len };

	if (probe_mask & FILTER_PROBE_INSIDE)
		bpf_loop(FILTER_TEXT_MAX / FILTER_PLACES, path_match__scan_step, &scan, 0);
	return scan.sets | filter__sets(&bank->paths, text, len, probe_mask);
}

/* Whether `count` bytes, at most PATH_MATCH_NAME_MAX, in front of text[end] are the name that ends at `name_end`. */
static __always_inline bool path_match__is_component(const struct path_match *match, __u32 end, __u64 name_end,
						     __u32 count)
{
	const char *text = &match->text[end];
	__u64 differs;
	__s32 rest;

#pragma unroll
	for (int at = 8; at <= PATH_MATCH_NAME_MAX; at += 8) {
		rest = count - (at - 8);
		barrier_var(rest); /* what is learned of it is not learned of count: the verifier sees fewer cases */
		if (rest <= 0)
			break;
		differs = filter__word(text - at) ^ kernel__word((void *)(name_end - at));
		if (filter__high(differs, rest))
			return false;
	}
	return true;
}

/* Whether nothing is above the root of a mount but the empty file system that every namespace begins with. */
static __always_inline bool path_match__is_top(__u64 mount)
{
	__u64 parent = kernel__addr(kernel__cast(struct mount, mount), mnt_parent);
	struct mount *above = kernel__cast(struct mount, parent);

	return parent == mount ||
	       (kernel__addr(kernel__cast(struct mount, mount), mnt_mountpoint) == kernel__addr(above, mnt.mnt_root) &&
		kernel__addr(above, mnt_parent) == parent);
}

/*
 * Whether the name is the real path of the file: all of it lies in the mount that is the root of the task, as it does
 * of files that need no second look at their mounts (path__is_plain).
 */
static __always_inline bool path_match__is_real_path(const struct path_match *match, struct task_struct *task,
						     __u64 addr)
{
	struct file *file = kernel__cast(struct file, addr);
	__u64 vfsmount = kernel__addr(file, f_path.mnt), dentry = kernel__addr(file, f_path.dentry);
	__u64 mount = path__mount(vfsmount), root, sensor_root = g_root.dentry;
	__u32 left = match->len, count;
	struct dentry *at;

	if (vfsmount != kernel__addr(task->fs, root.mnt))
		return false;
	root = kernel__addr(kernel__cast(struct mount, mount), mnt.mnt_root);
	for (int i = 0; i < PATH_MATCH_COMPONENTS; i++) {
		if (dentry == sensor_root && path__is_root(mount))
			return !left;
		if (dentry == root)
			return !left && path_match__is_top(mount);
		at = kernel__cast(struct dentry, dentry);
		count = kernel__get(at, d_name.len);
		barrier_var(left); /* one register each for check and use */
		if (left >= FILTER_TEXT_MAX || count >= left || count > PATH_MATCH_NAME_MAX)
			return false;
		if (!path_match__is_component(match, left, kernel__addr(at, d_name.name) + count, count))
			return false;
		left -= count + 1;
		barrier_var(left);
		if (left >= FILTER_TEXT_MAX || match->text[left] != '/')
			return false;
		dentry = kernel__addr(at, d_parent);
	}
	return false;
}

#endif
