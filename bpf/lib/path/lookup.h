/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The real path of a name that a call worked on, for calls that leave no struct file to read it from: the name is
 * walked once more, through the kernel's cache of directory entries, where the call itself has just put what it needed.
 *
 * Nothing is locked, nothing is read from a disk, and the walk is bounded.  What it cannot follow exactly it gives up,
 * so that there is no real path rather than a wrong one; docs/decisions/2026-11-24-lookup-of-names.md lists those
 * cases.  The memory stays what it is: tracing programs run inside an RCU read-side section, under which dentries,
 * names and mounts are freed.  An entry counts only if it names the directory as its parent, so that one which is moved
 * during the search does not lead astray; a path that is renamed between the call and the walk gives the new names, or
 * none.
 *
 * A filler notes what is to be looked up and ends with lookup__submit.  The walk is a program of its own: one program
 * is verified, not one for each filler.
 */
#ifndef TIERCEL_LOOKUP_H
#define TIERCEL_LOOKUP_H

#include "lib/param/args.h"
#include "lib/path/dcache.h"

/* Symbolic links that are followed for one name; the kernel follows 40. */
#define LOOKUP_LINKS 8

/* Steps of a walk: components, doubled slashes, mounts. */
#define LOOKUP_STEPS 4096

/*
 * Directory entries that are compared for one name, in all its directories, where the kernel's hash table does not lead
 * to them.
 */
#define LOOKUP_ENTRIES 16384
#define LOOKUP_ENTRIES_AT_ONCE 4

/* Mounts that are compared where one may cover a directory. */
#define LOOKUP_MOUNTS 2048

#define LOOKUP_ROOM (2 * PATH_MAX)
#define LOOKUP_JOBS 2

/* What the last component of a name is to the call. */
enum lookup_how {
	LOOKUP_ENTRY,	 /* an entry of its directory, which may exist or not */
	LOOKUP_NOFOLLOW, /* an object, which may be a symbolic link */
	LOOKUP_OBJECT,	 /* an object, after all symbolic links */
	LOOKUP_MOUNT,	 /* the same, and the place of a mount rather than what is mounted there */
	LOOKUP_TEXT,	 /* nothing: the param is a text, and no path */
	LOOKUP_DOUBTFUL, /* what, is not known: it may not be the name that the kernel used */
};

enum lookup_state {
	LOOKUP_GOES_ON,
	LOOKUP_FOUND,
	LOOKUP_GIVEN_UP,
};

/* A path param of the record: where it is, and how its name is meant. */
struct lookup_job {
	__u32 path;  /* of LOOKUP_TEXT a struct ev_ref */
	__u32 other; /* what else the name was, a packed ref; 0: nothing */
	int dirfd;
	enum lookup_how how;
};

/* Where a walk is.  It is kept in a map: the verifier does not follow numbers there, and so finds all steps alike. */
struct lookup {
	struct lookup_job jobs[LOOKUP_JOBS];
	__u32 count; /* jobs of the record at hand */
	__u32 twins; /* jobs whose other name may be the true one, a bit for each */
	enum lookup_how how;
	enum lookup_state state;
	bool arrived; /* by a component: what is mounted here is yet to be entered */
	__u64 mount;
	__u64 mnt_root; /* root dentry of the mount */
	__u64 dentry;
	__u64 root_mount; /* the root directory of the process */
	__u64 root_dentry;
	__u32 links;			   /* followed so far */
	__u32 scans;			   /* steps of searches in lists of children that are left */
	__u32 half;			   /* where in the text the name is, or what links have made of it */
	__u32 at;			   /* the next component in it */
	__u32 len;			   /* of all of it */
	__u32 part_len;			   /* of the component at hand */
	__u64 part[DCACHE_NAME_WORDS + 1]; /* its bytes, and zeros up to a whole word */
	char text[2 * LOOKUP_ROOM];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lookup);
} lookups SEC(".maps");

static __always_inline struct lookup *lookup__get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&lookups, &zero);
}

/* --- Requests of the fillers --- */

static __always_inline void lookup__note(struct ev_hdr *hdr, void *path, int dirfd, enum lookup_how how,
					 const __u32 job)
{
	struct lookup *l = lookup__get();

	if (!l)
		return;
	l->jobs[job].path = (char *)path - (char *)hdr;
	l->jobs[job].other = 0;
	l->jobs[job].dirfd = dirfd;
	l->jobs[job].how = how;
	l->count = job + 1;
}

/* Have the name in `path` of the record looked up from `dirfd`; calls with two names have a second one. */
static __always_inline void lookup__want(struct ev_hdr *hdr, struct ev_path *path, int dirfd, enum lookup_how how)
{
	lookup__note(hdr, path, dirfd, how, 0);
}

static __always_inline void lookup__want_second(struct ev_hdr *hdr, struct ev_path *path, int dirfd,
						enum lookup_how how)
{
	lookup__note(hdr, path, dirfd, how, 1);
}

/* The first name of the call is a text, which leads nowhere. */
static __always_inline void lookup__want_text(struct ev_hdr *hdr, struct ev_ref *text)
{
	lookup__note(hdr, text, AT_FDCWD, LOOKUP_TEXT, 0);
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

/* Send the record, after the check of its names (stages/name_check.bpf.c) and the lookups that were noted. */
static __always_inline int lookup__submit(void *ctx, struct ev_hdr *hdr)
{
	bpf_tail_call_static(ctx, &stages, STAGE_NAME_CHECK);
	return event__submit(hdr);
}

#endif
