/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What the dispatcher goes on with when a file was opened, it depends on the path whether some rule can match, and the
 * name is not simply the path.  The paths are looked at where they are, before there is a record.
 */
#include "lib/object/file.h"
#include "lib/filter/path_match.h"

/* Directories between a file and the one that a relative name starts from. */
#define FILTER_OPEN_DEPTH 8

/* Whether the name that was passed is absolute and needs no normalising. */
__noinline bool filter_open__is_plain_name(void)
{
	struct path_match *match = path_match__name();
	__u32 len;

	if (!match)
		return false;
	len = match->len;
	return len < FILTER_TEXT_MAX && filter__is_plain(match->text, len);
}

/* Sets that the name that was passed, if it is absolute, may be in. */
__noinline __u32 filter_open__requested(__u64 addr, __u32 probe_mask)
{
	struct path_match *match = path_match__name();
	struct filter_bank *bank = filter_bank__current();
	__u32 len;

	if (!match || !bank)
		return FILTER_ALL_SETS;
	if (match->len == PATH_MATCH_UNREAD)
		path_match__read(match, addr);
	len = match->len;
	if (!len || len >= FILTER_TEXT_MAX)
		return FILTER_ALL_SETS;
	if (match->text[0] != '/')
		return 0;
	if (!filter_open__is_plain_name())
		return FILTER_ALL_SETS;
	return path_match__sets(bank, match->text, len, probe_mask);
}

/* Whether the path in the buffer ends with the name that was passed. */
__noinline bool filter_open__ends_with_name(void)
{
	struct path_buf *buf = path__buf(SCRATCH_SYSCALL);
	struct path_match *match = path_match__name();
	__s32 rest;
	__u32 len;
	char *end;

	if (!buf || !match)
		return false;
	len = match->len;
	if (!len || len >= FILTER_TEXT_MAX)
		return false;
	end = &buf->text[PATH_MAX - 1 - len];
	for (int i = 0; i < FILTER_TEXT_MAX; i += 8) {
		rest = len - i;
		barrier_var(rest); /* what is learned of it is not learned of len: the verifier sees fewer cases */
		if (rest <= 0)
			break;
		if (filter__low(filter__word(&match->text[i]) ^ filter__word(end + i), rest))
			return false;
	}
	return true;
}

/*
 * Whether the path in the buffer, the mount path of the file, is that of the directory which the relative name starts
 * from, a slash, and the name: then the path that was requested is that of the file.
 */
static __always_inline bool filter_open__is_below(const struct path_match *match, struct file *file, int dirfd)
{
	struct task_struct *task = kernel__current();
	__u64 dentry = kernel__addr(file, f_path.dentry), mount = kernel__addr(file, f_path.mnt), base, base_mount, dir;
	__u32 len = match->len, taken = 0;
	struct dentry *at;

	if (!len || len >= FILTER_TEXT_MAX)
		return false;
	if (dirfd == AT_FDCWD) {
		base = kernel__addr(task->fs, pwd.dentry);
		base_mount = kernel__addr(task->fs, pwd.mnt);
	} else {
		dir = args__file(dirfd);
		base = kernel__addr(kernel__cast(struct file, dir), f_path.dentry);
		base_mount = kernel__addr(kernel__cast(struct file, dir), f_path.mnt);
	}
	if (mount != base_mount || dentry == base)
		return false;
	for (int i = 0; i < FILTER_OPEN_DEPTH; i++) {
		at = kernel__cast(struct dentry, dentry);
		taken += kernel__get(at, d_name.len) + 1;
		dentry = kernel__addr(at, d_parent);
		if (dentry == base)
			return taken == len + 1 && filter_open__ends_with_name();
	}
	return false;
}

/*
 * Sets that the path of a file which was opened may be in.  If it `is_relative`, so is the name that it was opened by:
 * of that nothing else is known.
 */
__noinline __u32 filter_open__resolved(__u64 addr, bool is_relative, int dirfd, __u32 probe_mask)
{
	struct file *file = kernel__cast(struct file, addr);
	struct path_buf *buf = path__buf(SCRATCH_SYSCALL);
	struct path_match *match = path_match__name();
	struct filter_bank *bank = filter_bank__current();
	__u64 dentry = kernel__addr(file, f_path.dentry);
	struct inode *inode = kernel__cast(struct inode, kernel__addr(file, f_inode));
	unsigned long magic = kernel__get(kernel__cast(struct super_block, kernel__addr(inode, i_sb)), s_magic);
	enum ev_fd_type type = file__type(dentry, kernel__get(inode, i_mode), magic);
	__u32 pos, len;

	if (!addr || !buf || !match || !bank)
		return FILTER_ALL_SETS;
	/* What else a link of procfs may lead to has no path, or another name: see file__describe. */
	if (magic == NSFS_MAGIC || (type != EV_FD_FILE && type != EV_FD_DIRECTORY))
		return FILTER_ALL_SETS;
	path__find_real(buf, SCRATCH_SYSCALL, kernel__addr(file, f_path.mnt), dentry);
	pos = buf->pos;
	barrier_var(pos); /* one register for check and use */
	if (buf->end != PATH_ROOT || pos >= PATH_MAX - 1)
		return FILTER_ALL_SETS;
	len = PATH_MAX - 1 - pos;
	barrier_var(len);
	if (len >= FILTER_TEXT_MAX || !len)
		return FILTER_ALL_SETS;
	if (is_relative && (buf->moved || !filter_open__is_below(match, file, dirfd)))
		return FILTER_ALL_SETS;
	return path_match__sets(bank, &buf->text[pos], len, probe_mask);
}

/* Sets that the paths of the call may be in. */
static __always_inline __u32 filter_open__of_call(__u64 name, bool has_name, int dirfd, long ret, __u32 probe_mask)
{
	struct path_match *match = path_match__name();
	bool is_relative = false;
	__u32 sets = 0;

	if (has_name) {
		sets = filter_open__requested(name, probe_mask);
		is_relative = match && match->text[0] != '/';
	}
	if (sets == FILTER_ALL_SETS)
		return sets;
	if (ret < 0)
		return has_name && !is_relative ? sets : FILTER_ALL_SETS;
	return sets | filter_open__resolved(args__file(ret), is_relative, dirfd, probe_mask);
}

/* Whether some rule can match the call, as far as its paths are known. */
static __always_inline bool filter_open__keeps(const struct filter_program *program, struct pt_regs *regs, long ret,
					       struct task_struct *task, __u32 slot)
{
	bool ia32 = ARCH_HAS_IA32 && arch__is_compat(task), has_name = true;
	struct filter_state known;
	struct open_how how = {};
	int dirfd = AT_FDCWD;
	__u64 name = 0, checks;

	dispatch__set_state(&known, program, regs, ret, task, slot);
	switch (slot) {
	case EV_SLOT_OPENAT2:
		bpf_probe_read_user(&how, sizeof(how), (void *)arch__arg(regs, ia32, 2));
		filter__set_open(&known, native__open_flags(how.flags), native__open_mode(how.flags, how.mode));
		/* Name and directory are where those of openat are. */
	case EV_SLOT_OPENAT:
		dirfd = (int)arch__arg(regs, ia32, 0);
		name = arch__arg(regs, ia32, 1);
		break;
	case EV_SLOT_OPEN:
	case EV_SLOT_CREAT:
		name = arch__arg(regs, ia32, 0);
		break;
	case EV_SLOT_OPEN_BY_HANDLE_AT:
		has_name = false;
		break;
	default:
		return true;
	}
	checks = filter__path_checks(program, &known);
	if (checks & FILTER_ANY_PATH)
		return true;
	return checks && checks & filter_open__of_call(name, has_name, dirfd, ret, checks >> FILTER_PROBE_SHIFT);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(filter_open, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 slot = dispatch__wanted(regs, task, arch__syscall(regs)) - 1, marks = 0;
	struct filter_bank *bank = filter_bank__current();
	const struct filter_program *program = bank ? filter_bank__program(bank, slot) : NULL;
	bool keeps = true;

	if (program && program->nclauses) {
		marks = dispatch__marks(program, ret);
		keeps = filter_open__keeps(program, regs, ret, task, slot);
	}
	barrier_var(keeps); /* how it came about is of no interest to the verifier from here on */
	if (keeps)
		return dispatch__go(ctx, regs, task, slot, marks);
	event__count_filtered(slot);
	return 0;
}
