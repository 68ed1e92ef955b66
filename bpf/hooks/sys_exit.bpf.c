/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The end of every system call.  One that no rule wants costs two array reads, in a program that does nothing else: to
 * enter one with more registers and stack takes some 20 ns.  The rest is for calls that some rule wants.
 */
#include "lib/param/args.h"
#include "lib/filter/path_match.h"

enum dispatch_decision {
	DISPATCH_KEEP,
	DISPATCH_DROP,
	DISPATCH_CHECK_PATHS, /* at the paths, which filter_open does */
};

/*
 * Judge a call by its result, its flags, and the name of a file that was opened, where that is simply its path; `marks`
 * are those of a record that is kept.
 */
static __always_inline enum dispatch_decision dispatch__decide(struct pt_regs *regs, long ret, struct task_struct *task,
							       __u32 slot, __u32 *marks)
{
	const struct filter_bank *bank = filter_bank__current();
	const struct filter_program *program;
	struct path_match *match;
	struct filter_state known;
	__u64 checks, file;
	__u32 len;

	if (!bank)
		return DISPATCH_KEEP;
	program = filter_bank__program(bank, slot);
	if (!program || !program->nclauses)
		return DISPATCH_KEEP;
	*marks = dispatch__marks(program, ret);
	dispatch__set_state(&known, program, regs, ret, task, slot);
	checks = filter__path_checks(program, &known);
	if (!checks)
		return DISPATCH_DROP;
	match = path_match__name();
	if (checks & FILTER_ANY_PATH || !match)
		return DISPATCH_KEEP;
	if (slot != EV_SLOT_OPENAT && slot != EV_SLOT_OPEN) {
		match->len = PATH_MATCH_UNREAD;
		return DISPATCH_CHECK_PATHS;
	}
	path_match__read(match, arch__arg(regs, ARCH_HAS_IA32 && arch__is_compat(task), slot == EV_SLOT_OPENAT));
	file = ret < 0 ? 0 : args__file(ret);
	if (!file || !path_match__is_real_path(match, task, file))
		return DISPATCH_CHECK_PATHS;
	len = match->len;
	if (!len || len >= FILTER_TEXT_MAX)
		return DISPATCH_CHECK_PATHS;
	return checks & path_match__sets(bank, match->text, len, checks >> FILTER_PROBE_SHIFT) ? DISPATCH_KEEP :
												 DISPATCH_DROP;
}

/* Attached.  g_wanted32[SYSCALL_IA32_SOCKETCALL] must be set for as long as any socket call is wanted. */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_dispatch, struct pt_regs *regs)
{
	__u32 place = arch__syscall(regs) % PROBE_SYSCALLS;

	if (g_wanted64[place] | g_wanted32[place])
		bpf_tail_call_static(ctx, &stages, STAGE_WANTED);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_wanted, struct pt_regs *regs, long ret)
{
	__u32 nr = arch__syscall(regs), wanted, slot, marks = 0;
	struct task_struct *task;

	/* Not kernel__current: loads through a trusted pointer are plain, and here, once, worth the verifier's time. */
	task = bpf_get_current_task_btf();
	wanted = dispatch__wanted(regs, task, nr);
	if (!wanted)
		return 0;
	if (ret < 0 && g_cfg.drop_failed)
		return 0;
	if (!scope__still_has(task))
		return 0;
	slot = wanted - 1;
	switch (dispatch__decide(regs, ret, task, slot, &marks)) {
	case DISPATCH_DROP:
		event__count_filtered(slot);
		return 0;
	case DISPATCH_CHECK_PATHS:
		bpf_tail_call_static(ctx, &stages, STAGE_FILTER_OPEN);
	case DISPATCH_KEEP:
		break;
	}
	return dispatch__go(ctx, regs, task, slot, marks);
}
