/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The real path of a name that a call worked on, for calls that leave no struct file to ask: the name is walked once more,
 * through the kernel's cache of directory entries, where the call itself has just put what it needed.
 *
 * Nothing is locked, nothing is read from a disk, and the walk is bounded.  What it cannot follow exactly it gives up, so that
 * there is no real path rather than a wrong one; docs/decisions/2026-11-24-lookup-of-names.md lists those cases.  The memory
 * stays what it is: tracing programs run inside an RCU read-side section, under which dentries, names and mounts are freed.  An
 * entry counts only if it names the directory as its parent, so that one which is moved during the search does not lead astray;
 * a path that is renamed between the call and the walk gives the new names, or none.
 *
 * A filler notes what is to be looked up and ends with lookup__submit.  The walk is a program of its own: one program is
 * verified, not one for each filler.
 */
#ifndef TIERCEL_LOOKUP_H
#define TIERCEL_LOOKUP_H

#include "lib/args.h"
#include "lib/realpath.h"

/* Symbolic links that are followed for one name; the kernel follows 40. */
#define LOOKUP_LINKS 8

/* Steps of a walk: components, doubled slashes, mounts. */
#define LOOKUP_STEPS 4096

/* Directory entries that are compared for one name, in all its directories. */
#define LOOKUP_ENTRIES 4096
#define LOOKUP_ENTRIES_AT_ONCE 4

/* Mounts that are compared where one may cover a directory. */
#define LOOKUP_MOUNTS 2048

#define LOOKUP_WORDS (NAME_MAX / 8 + 1)
#define LOOKUP_ROOM (2 * PATH_MAX)
#define LOOKUP_JOBS 2

/* What the last component of a name is to the call. */
enum lookup_how {
	LOOKUP_ENTRY,	 /* an entry of its directory, which may exist or not */
	LOOKUP_NOFOLLOW, /* an object, which may be a symbolic link */
	LOOKUP_OBJECT,	 /* an object, behind all symbolic links */
	LOOKUP_MOUNT,	 /* the same, and the place of a mount rather than what is mounted there */
};

enum lookup_state {
	LOOKUP_GOES_ON,
	LOOKUP_FOUND,
	LOOKUP_GIVEN_UP,
};

/* A path param of the record: where it is, and how its name is meant. */
struct lookup_job {
	__u32 path;
	int dirfd;
	enum lookup_how how;
};

/* Where a walk is.  It is kept in a map: the verifier does not follow numbers there, and so finds all steps alike. */
struct lookup {
	struct lookup_job jobs[LOOKUP_JOBS];
	__u32 count; /* jobs of the record at hand */
	enum lookup_how how;
	enum lookup_state state;
	bool arrived; /* by a component: what is mounted here is yet to be entered */
	__u64 mount;
	__u64 mnt_root; /* root dentry of the mount */
	__u64 dentry;
	__u64 root_mount; /* the root directory of the process */
	__u64 root_dentry;
	__u64 found; /* by the last search */
	__u32 links;
	__u32 entries;
	__u32 half;	 /* where in the text the name is, or what links have made of it */
	__u32 at;	 /* the next component in it */
	__u32 len;	 /* of all of it */
	__u32 part_len;	 /* of the component at hand */
	__u64 part[LOOKUP_WORDS + 1]; /* its bytes, and zeros up to a whole word */
	char text[2 * LOOKUP_ROOM];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lookup);
} lookups SEC(".maps");

/* What a filler may go on with; the core enters the program of attach/lookup.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} stages SEC(".maps");

static __always_inline struct lookup *lookup__get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&lookups, &zero);
}

/* --- Requests of the fillers --- */

static __always_inline void lookup__note(struct ev_hdr *hdr, struct ev_path *path, int dirfd, enum lookup_how how,
					 const __u32 job)
{
	struct lookup *l = lookup__get();

	if (!l)
		return;
	l->jobs[job].path = (char *)path - (char *)hdr;
	l->jobs[job].dirfd = dirfd;
	l->jobs[job].how = how;
	l->count = job + 1;
}

/* Have the name in `path` of the record looked up from `dirfd`; calls with two names have a second one. */
static __always_inline void lookup__want(struct ev_hdr *hdr, struct ev_path *path, int dirfd, enum lookup_how how)
{
	lookup__note(hdr, path, dirfd, how, 0);
}

static __always_inline void lookup__want_second(struct ev_hdr *hdr, struct ev_path *path, int dirfd, enum lookup_how how)
{
	lookup__note(hdr, path, dirfd, how, 1);
}

/* How a call with these AT_* flags takes the object that it works on. */
static __always_inline enum lookup_how lookup__by_flags(unsigned long flags)
{
	return flags & AT_SYMLINK_NOFOLLOW ? LOOKUP_NOFOLLOW : LOOKUP_OBJECT;
}

/* Whether the names of a call with this result lead anywhere: not after an error of the walk itself. */
static __always_inline bool lookup__has_result(long ret)
{
	switch (ret) {
	case -ENOENT:
	case -EBADF:
	case -EFAULT:
	case -ENOTDIR:
	case -ENAMETOOLONG:
	case -ELOOP:
		return false;
	default:
		return true;
	}
}

/* Send the record, after the lookups that were noted if the call has names that lead anywhere. */
static __always_inline int lookup__submit(void *ctx, struct ev_hdr *hdr, long ret)
{
	if (lookup__has_result(ret))
		bpf_tail_call_static(ctx, &stages, 0);
	return event__submit(hdr);
}

/* --- Text --- */

#define BYTES(byte) (0x0101010101010101ULL * (byte))

/* The top bit of each byte of `word` that is zero, and perhaps of some above the first such byte. */
static __always_inline __u64 lookup__zero_bytes(__u64 word)
{
	return (word - BYTES(1)) & ~word & BYTES(0x80);
}

/* The text from `at` on; the masks let the verifier see every access inside the map value. */
static __always_inline char *lookup__text(struct lookup *l, __u32 half, __u32 at)
{
	return &l->text[(half & 1) * LOOKUP_ROOM + (at & (PATH_MAX - 1))];
}

/* Take the component at hand out of the text: everything up to a slash or the end. */
static __always_inline void lookup__take(struct lookup *l)
{
	const char *from = lookup__text(l, l->half, l->at);
	__u64 word, ends, below;

	for (__u32 i = 0; i < LOOKUP_WORDS; i++) {
		word = *(const __u64 *)(from + 8 * i);
		ends = lookup__zero_bytes(word) | lookup__zero_bytes(word ^ BYTES('/'));
		if (!ends) {
			l->part[i] = word;
			continue;
		}
		below = ((ends & -ends) >> 7) - 1; /* all bits of the bytes in front of the first end */
		l->part[i] = word & below;
		l->part_len = 8 * i + ((below & BYTES(1)) * BYTES(1) >> 56);
		return;
	}
	l->part_len = NAME_MAX + 1;
}

/* --- Directories and mounts --- */

/* Whether the component at hand is the `len` bytes at kernel address `name`.  Names lie at addresses that are multiples of 4. */
__noinline int lookup__is_name(__u64 name, __u32 len)
{
	struct lookup *l = lookup__get();
	__u64 word;

	if (!l)
		return 0;
	for (__u32 i = 0; i < LOOKUP_WORDS; i++) {
		if (8 * i >= len)
			return 1;
		word = kernel__word((void *)(name + 8 * i));
		if (len - 8 * i < 8)
			word &= (1ULL << 8 * (len & 7)) - 1;
		if (word != l->part[i])
			return 0;
	}
	return 1;
}

struct lookup_scan {
	__u64 node;
	__u64 dir;
	__u64 found;
	__u32 len;
};

/* Whether the entry of `scan->node` is the one: of this name, in this directory, hashed, and of something that exists. */
static __always_inline bool lookup__is_entry(struct lookup_scan *scan, __u64 child)
{
	struct dentry *dentry = kernel__cast(struct dentry, child);

	return kernel__get(dentry, d_name.len) == scan->len && kernel__addr(dentry, d_parent) == scan->dir &&
	       lookup__is_name(kernel__addr(dentry, d_name.name), scan->len) && kernel__addr(dentry, d_hash.pprev) &&
	       kernel__addr(dentry, d_inode);
}

/* Several at once, for the reason that path__step gives. */
static long lookup__scan_step(__u32 i, struct lookup_scan *scan)
{
	__u64 child;

#pragma unroll
	for (int n = 0; n < LOOKUP_ENTRIES_AT_ONCE; n++) {
		if (!scan->node)
			return 1;
		child = compat__child(scan->node);
		if (lookup__is_entry(scan, child)) {
			scan->found = child;
			return 1;
		}
		scan->node = compat__next_child(scan->dir, scan->node);
	}
	return 0;
}

/* The entry of the directory for the component at hand; 0: it is not cached, or too far down. */
static __always_inline __u64 lookup__child(struct lookup *l)
{
	struct lookup_scan scan = { .dir = l->dentry, .len = l->part_len };
	__u32 left = l->entries;
	long steps;

	if (!left || left > LOOKUP_ENTRIES / LOOKUP_ENTRIES_AT_ONCE)
		return 0;
	scan.node = compat__first_child(scan.dir);
	steps = bpf_loop(left, lookup__scan_step, &scan, 0);
	l->entries = left - (steps > 0 && steps < left ? steps : left);
	return scan.found;
}

struct lookup_mounts {
	__u64 node;
	__u64 end;
	__u64 place;
	__u64 found;
};

static long lookup__mounts_step(__u32 i, struct lookup_mounts *m)
{
	__u64 mount = m->node - bpf_core_field_offset(struct mount, mnt_child);

	if (m->node == m->end || !m->node)
		return 1;
	if (kernel__addr(kernel__cast(struct mount, mount), mnt_mountpoint) == m->place) {
		m->found = mount;
		return 1;
	}
	m->node = kernel__word((void *)m->node);
	return 0;
}

static __always_inline void lookup__enter(struct lookup *l, __u64 mount, __u64 dentry)
{
	l->mount = mount;
	l->mnt_root = kernel__addr(kernel__cast(struct mount, mount), mnt.mnt_root);
	l->dentry = dentry;
	l->arrived = false;
}

/* Enter what is mounted on the directory at hand, once; false if nothing is. */
static __always_inline bool lookup__cross(struct lookup *l)
{
	__u32 flags = kernel__get(kernel__cast(struct dentry, l->dentry), d_flags);
	struct lookup_mounts m = { .place = l->dentry };

	if (flags & compat__dcache_mounted()) {
		m.end = l->mount + bpf_core_field_offset(struct mount, mnt_mounts);
		m.node = kernel__word((void *)m.end);
		bpf_loop(LOOKUP_MOUNTS, lookup__mounts_step, &m, 0);
		if (m.found) {
			lookup__enter(l, m.found,
				      kernel__addr(kernel__cast(struct mount, m.found), mnt.mnt_root));
			l->arrived = true;
			return true;
		}
		/* Otherwise it is a mount of another namespace, or there are too many to tell. */
		if (m.node != m.end)
			l->state = LOOKUP_GIVEN_UP;
	}
	if (flags & compat__dcache_automount())
		l->state = LOOKUP_GIVEN_UP;
	return false;
}

/* Go to the parent directory; from the root of a mount only to its place, so that the same step is to be done once more. */
static __always_inline bool lookup__ascend(struct lookup *l)
{
	struct mount *mount = kernel__cast(struct mount, l->mount);
	__u64 parent;

	l->arrived = true;
	if (l->dentry == l->root_dentry && l->mount == l->root_mount)
		return true;
	if (l->dentry != l->mnt_root) {
		parent = kernel__addr(kernel__cast(struct dentry, l->dentry), d_parent);
		if (parent == l->dentry)
			l->state = LOOKUP_GIVEN_UP;
		l->dentry = parent;
		return true;
	}
	parent = kernel__addr(mount, mnt_parent);
	if (parent == l->mount)
		return true;
	lookup__enter(l, parent, kernel__addr(mount, mnt_mountpoint));
	return false;
}

#endif
