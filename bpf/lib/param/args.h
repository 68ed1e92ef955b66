/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Arguments of the system call that is ending.
 */
#ifndef TIERCEL_ARGS_H
#define TIERCEL_ARGS_H

#include "lib/kernel/arch.h"
#include "lib/path/path.h"

/*
 * Continue, as a filler, the record whose header the dispatcher filled.  `name` and `NAME` are the event's name in
 * both cases. NULL without scratch space.
 */
#define event__begin(name, NAME)                                                \
	({                                                                      \
		struct ev_##name *__rec = event__struct(name, SCRATCH_SYSCALL); \
                                                                                \
		if (__rec) {                                                    \
			__rec->hdr.type = EV_##NAME;                            \
			if (!__rec->hdr.len)                                    \
				__rec->hdr.len = event__fixed(name);            \
			path__fill_cwd(&__rec->hdr);                            \
		}                                                               \
		__rec;                                                          \
	})

static __always_inline bool args__ia32(const struct ev_hdr *hdr)
{
	return ARCH_HAS_IA32 && hdr->flags & EVF_IA32;
}

/* Argument `n`, counted from 0, zero-extended. */
static __always_inline unsigned long args__get(const struct ev_hdr *hdr, struct pt_regs *regs, const int n)
{
	return arch__arg(regs, args__ia32(hdr), n);
}

/* An argument that the call takes as an int: descriptors, pids, signals. */
static __always_inline int args__int(const struct ev_hdr *hdr, struct pt_regs *regs, const int n)
{
	return (int)args__get(hdr, regs, n);
}

/* A user or group id; the first 32-bit calls take 16 bits, of which all ones mean -1. */
static __always_inline __u32 args__id(const struct ev_hdr *hdr, struct pt_regs *regs, const int n)
{
	__u32 id = args__get(hdr, regs, n);

	if (args__ia32(hdr) && syscall__has_ids16(hdr->syscall)) {
		id &= 0xffff;
		return id == 0xffff ? 0xffffffff : id;
	}
	return id;
}

/*
 * Argument `n` of a socket call, which a 32-bit program may have made through socketcall: there the arguments are in
 * memory.
 */
static __always_inline unsigned long args__net(const struct ev_hdr *hdr, struct pt_regs *regs, const int n)
{
	__u32 value = 0;

	if (args__ia32(hdr) && hdr->syscall == SYSCALL_IA32_SOCKETCALL) {
		bpf_probe_read_user(&value, sizeof(value), (void *)(args__get(hdr, regs, 1) + n * sizeof(value)));
		return value;
	}
	return args__get(hdr, regs, n);
}

/* A pointer in an array of the program, at `index`. */
static __always_inline __u64 args__pointer_at(const struct ev_hdr *hdr, __u64 array, __u32 index)
{
	__u64 wide = 0;
	__u32 narrow = 0;

	if (args__ia32(hdr)) {
		bpf_probe_read_user(&narrow, sizeof(narrow), (void *)(array + index * sizeof(narrow)));
		return narrow;
	}
	bpf_probe_read_user(&wide, sizeof(wide), (void *)(array + index * sizeof(wide)));
	return wide;
}

/* Address of the struct file of a descriptor of the current process; 0: none. */
static __always_inline __u64 args__file(int fd)
{
	struct fdtable *fdt = kernel__current()->files->fdt;
	__u32 index = fd;

	if (index >= fdt->max_fds)
		return 0;
	return kernel__word((void *)(kernel__addr(fdt, fd) + index * sizeof(struct file *)));
}

/*
 * Append, to the name in `packed`, the directory that a relative one starts from; two packed refs, the name in the
 * lower half.
 */
static __always_inline __u64 args__with_base(struct record *rec, __u32 packed, int dirfd)
{
	struct task_struct *task = kernel__current();
	struct ev_ref name = event__unpack(packed);
	__u64 mnt, dentry, file;

	if (!name.off || event__begins_with(rec, name, '/'))
		return packed;
	if (dirfd == AT_FDCWD) {
		mnt = kernel__addr(task->fs, pwd.mnt);
		dentry = kernel__addr(task->fs, pwd.dentry);
	} else {
		file = args__file(dirfd);
		if (!file)
			return packed;
		mnt = kernel__addr(kernel__cast(struct file, file), f_path.mnt);
		dentry = kernel__addr(kernel__cast(struct file, file), f_path.dentry);
	}
	return packed | (__u64)path__mount_path(rec, mnt, dentry) << 32;
}

/*
 * A path argument: the name as it was passed, and for a relative name the directory that it starts from.  `dirfd` is
 * AT_FDCWD for calls without a directory.  The result is two packed refs, name in the lower half.
 */
__noinline __u64 args__path_at(struct record *rec, __u64 addr, int dirfd)
{
	return rec ? args__with_base(rec, event__read_user_str(rec, addr), dirfd) : 0;
}

static __always_inline void args__path(struct ev_hdr *hdr, struct ev_path *out, unsigned long addr, int dirfd)
{
	__u64 packed = args__path_at((struct record *)hdr, addr, dirfd);

	out->name = event__unpack((__u32)packed);
	out->base = event__unpack(packed >> 32);
}

#endif
