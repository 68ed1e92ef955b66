/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The decision on a call that some rule wants: report it, drop it, or look at its paths first.
 */
#ifndef TIERCEL_JUDGE_H
#define TIERCEL_JUDGE_H

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

/* Go on with the event of a call, whose slot + 1 is `wanted`; 0: no rule wants the call. */
static __always_inline int dispatch__judge(void *ctx, struct pt_regs *regs, long ret, struct task_struct *task,
					   __u32 wanted)
{
	__u32 slot = wanted - 1, marks = 0;

	if (!wanted)
		return 0;
	if (ret < 0 && g_cfg.drop_failed)
		return 0;
	if (!scope__still_has(task))
		return 0;
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

#endif
