/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The object of a descriptor: type, device, inode, path.  Sockets are recognised here and described in sock.h.
 */
#ifndef TIERCEL_FILE_H
#define TIERCEL_FILE_H

#include "lib/param/args.h"
#include "lib/path/realpath.h"
#include "lib/object/sock.h"

/* A file that this open created (FMODE_CREATED; the same bit since 5.0). */
#define FMODE_CREATED 0x100000

#define NAME7_MASK 0x00ffffffffffffffULL
#define NAME6_MASK 0x0000ffffffffffffULL

static __always_inline __u64 file__name8(__u64 dentry)
{
	return kernel__word((void *)kernel__addr(kernel__cast(struct dentry, dentry), d_name.name));
}

/* Type of an object of the anonymous inode file system: only its name says what it is. */
static __always_inline enum ev_fd_type file__anon_type(__u64 name)
{
	switch (name) {
	case NAME8('[', 'e', 'v', 'e', 'n', 't', 'f', 'd'):
		return EV_FD_EVENT;
	case NAME8('[', 'e', 'v', 'e', 'n', 't', 'p', 'o'):
		return EV_FD_EVENTPOLL;
	case NAME8('[', 's', 'i', 'g', 'n', 'a', 'l', 'f'):
		return EV_FD_SIGNALFD;
	case NAME8('[', 't', 'i', 'm', 'e', 'r', 'f', 'd'):
		return EV_FD_TIMERFD;
	case NAME8('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'):
		return EV_FD_IO_URING;
	case NAME8('[', 'u', 's', 'e', 'r', 'f', 'a', 'u'):
		return EV_FD_USERFAULTFD;
	case NAME8('b', 'p', 'f', '-', 'p', 'r', 'o', 'g'):
	case NAME8('b', 'p', 'f', '_', 'l', 'i', 'n', 'k'):
	case NAME8('b', 'p', 'f', '-', 'l', 'i', 'n', 'k'):
	case NAME8('b', 'p', 'f', '_', 'i', 't', 'e', 'r'):
		return EV_FD_BPF;
	}
	switch (name & NAME7_MASK) {
	case NAME8('i', 'n', 'o', 't', 'i', 'f', 'y', 0):
		return EV_FD_INOTIFY;
	case NAME8('[', 'p', 'i', 'd', 'f', 'd', ']', 0):
		return EV_FD_PIDFD;
	case NAME8('b', 'p', 'f', '-', 'm', 'a', 'p', 0):
		return EV_FD_BPF;
	}
	return EV_FD_UNSUPPORTED;
}

/* Whether a file without a directory is one of memfd_create: those of shared memory lack the prefix. */
static __always_inline bool file__is_memfd(__u64 dentry, unsigned long magic)
{
	if (magic != TMPFS_MAGIC && magic != HUGETLBFS_MAGIC)
		return false;
	return kernel__addr(kernel__cast(struct dentry, dentry), d_parent) == dentry &&
	       (file__name8(dentry) & NAME6_MASK) == NAME8('m', 'e', 'm', 'f', 'd', ':', 0, 0);
}

/* Type by file system first, because several special ones hold objects whose mode says nothing. */
static __always_inline enum ev_fd_type file__type(__u64 dentry, __u16 mode, unsigned long magic)
{
	switch (magic) {
	case SOCKFS_MAGIC:
		return EV_FD_UNKNOWN;
	case PIPEFS_MAGIC:
		return EV_FD_PIPE;
	case PIDFS_MAGIC:
		return EV_FD_PIDFD;
	case ANON_INODE_FS_MAGIC:
		return file__anon_type(file__name8(dentry));
	}
	if (file__is_memfd(dentry, magic))
		return EV_FD_MEMFD;
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return EV_FD_DIRECTORY;
	case S_IFIFO:
		return EV_FD_PIPE;
	default:
		return EV_FD_FILE;
	}
}

/*
 * Layer of a file on an overlay, with device and inode of the real file when it is in the upper layer.  The inode of
 * overlayfs is followed by the dentry of the upper layer (struct ovl_inode, __upperdentry, since 4.13); the struct
 * itself is not in the kernel's type information when overlayfs is a module.
 */
static __always_inline void file__overlay(struct ev_file *out, struct inode *inode)
{
	__u64 upper = kernel__word((char *)inode + bpf_core_type_size(struct inode));
	struct super_block *sb;

	if (!upper) {
		out->flags |= EVF_FILE_LOWER;
		return;
	}
	out->flags |= EVF_FILE_UPPER;
	inode = kernel__cast(struct inode, kernel__addr(kernel__cast(struct dentry, upper), d_inode));
	sb = kernel__cast(struct super_block, kernel__addr(inode, i_sb));
	out->ino = kernel__get(inode, i_ino);
	out->dev = file__encode_dev(kernel__get(sb, s_dev));
}

/* Append the name of a namespace, as the links in /proc/PID/ns show it. */
static __always_inline struct ev_ref file__namespace(struct record *rec, struct inode *inode)
{
	struct ns_common *ns = kernel__cast(struct ns_common, kernel__addr(inode, i_private));
	struct proc_ns_operations *ops = kernel__cast(struct proc_ns_operations, kernel__addr(ns, ops));
	__u64 args[] = { kernel__addr(ops, name), kernel__get(ns, inum) };
	static const char format[] = "%s:[%u]";
	__u32 off;
	long len;

	if (!event__room(rec, &off))
		return NO_REF;
	len = bpf_snprintf(&rec->bytes[off], 64, format, args, sizeof(args));
	if (len <= 1 || len > 64)
		return NO_REF;
	return event__took(rec, off, len - 1);
}

/*
 * Describe `addr`, a struct file, in the struct ev_file that is at `at` of the record; it stays zero when there is no
 * such file. The result is the file's mode (FMODE_*).
 */
__noinline __u32 file__describe(struct record *rec, __u32 at, __u64 addr, enum ev_role role)
{
	struct file *file = kernel__cast(struct file, addr);
	struct dentry *dentry;
	struct super_block *sb;
	struct inode *inode;
	struct ev_file *out;
	unsigned long magic;
	__u32 fmode;
	__u64 where;

	if (!rec || !addr || at > EV_MAX_LEN)
		return 0;
	out = (struct ev_file *)&rec->bytes[at];
	where = kernel__addr(file, f_path.dentry);
	dentry = kernel__cast(struct dentry, where);
	inode = kernel__cast(struct inode, kernel__addr(file, f_inode));
	sb = kernel__cast(struct super_block, kernel__addr(inode, i_sb));
	magic = kernel__get(sb, s_magic);
	out->flags = EVF_FILE_KNOWN;
	out->ino = kernel__get(inode, i_ino);
	out->dev = file__encode_dev(kernel__get(sb, s_dev));
	fmode = kernel__get(file, f_mode);
	if (magic == SOCKFS_MAGIC) {
		sock__describe(rec, at, kernel__addr(file, private_data), role);
		return fmode;
	}
	out->type = file__type(where, kernel__get(inode, i_mode), magic);
	if (magic == OVERLAYFS_SUPER_MAGIC)
		file__overlay(out, inode);
	if (magic == NSFS_MAGIC) {
		out->path = file__namespace(rec, inode);
		return fmode;
	}
	switch (out->type) {
	case EV_FD_MEMFD:
		out->path = event__kernel_str(&rec->hdr, (void *)kernel__addr(dentry, d_name.name));
		break;
	case EV_FD_PIPE:
		if (magic == PIPEFS_MAGIC)
			break;
		/* A named pipe has a path. */
	case EV_FD_FILE:
	case EV_FD_DIRECTORY:
		if (!kernel__addr(dentry, d_hash.pprev) && kernel__addr(dentry, d_parent) != where)
			out->flags |= EVF_FILE_DELETED;
		out->path = event__unpack(path__real_path(rec, kernel__addr(file, f_path.mnt), where));
		break;
	default:
		break;
	}
	return fmode;
}

/*
 * Fill `out`, the `file` member of the record at `hdr`, from a descriptor of the current process; the result is its
 * FMODE_*.
 */
static __always_inline __u32 file__fill(struct ev_hdr *hdr, struct ev_file *out, int fd, enum ev_role role)
{
	return file__describe((struct record *)hdr, (char *)out - (char *)hdr, args__file(fd), role);
}

/* Fill what the open events say of the file that was opened, beside Falco's flags of it, which are the result. */
static __always_inline __u32 file__fill_opened(struct ev_hdr *hdr, struct ev_file *out, int fd)
{
	__u32 flags = 0;

	if (file__fill(hdr, out, fd, EV_ROLE_NONE) & FMODE_CREATED)
		flags |= EV_FILE_FLAGS_O_F_CREATED;
	if (out->flags & EVF_FILE_UPPER)
		flags |= EV_FILE_FLAGS_FD_UPPER_LAYER;
	if (out->flags & EVF_FILE_LOWER)
		flags |= EV_FILE_FLAGS_FD_LOWER_LAYER;
	return flags;
}

#endif
