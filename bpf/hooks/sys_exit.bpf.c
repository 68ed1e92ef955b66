/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The end of every system call.  One that no rule wants costs two array reads, in a program that does nothing else: to
 * enter one with more registers and stack takes some 20 ns.  The rest is for calls that some rule wants.
 */
#include "lib/param/args.h"
#include "lib/filter/path_match.h"

enum dispatch_verdict {
	DISPATCH_KEEP,
	DISPATCH_DROP,
	DISPATCH_LOOK, /* at the paths, which filter_open does */
};

/*
 * Judge a call by its result, its flags, and the name of a file that was opened, where that is simply its path; `marks`
 * are those of a record that is kept.
 */
static __always_inline enum dispatch_verdict dispatch__judge(struct pt_regs *regs, long ret, struct task_struct *task,
							     __u32 slot, __u32 *marks)
{
	const struct filter_bank *bank = bank__current();
	const struct filter_program *program;
	struct filter_names *names;
	struct filter_state known;
	__u64 asks, file;
	__u32 len;

	if (!bank)
		return DISPATCH_KEEP;
	program = bank__program(bank, slot);
	if (!program || !program->nclauses)
		return DISPATCH_KEEP;
	*marks = dispatch__marks(program, ret);
	dispatch__know(&known, program, regs, ret, task, slot);
	asks = filter__asks(program, &known);
	if (!asks)
		return DISPATCH_DROP;
	names = filter__names();
	if (asks & FILTER_ANY_PATH || !names)
		return DISPATCH_KEEP;
	if (slot != EV_SLOT_OPENAT && slot != EV_SLOT_OPEN) {
		names->len = FILTER_UNREAD;
		return DISPATCH_LOOK;
	}
	filter__read_name(names, arch__arg(regs, ARCH_HAS_IA32 && arch__is_compat(task), slot == EV_SLOT_OPENAT));
	file = ret < 0 ? 0 : args__file(ret);
	if (!file || !filter__leads_straight(names, task, file))
		return DISPATCH_LOOK;
	len = names->len;
	if (!len || len >= FILTER_TEXT_MAX)
		return DISPATCH_LOOK;
	return asks & filter__sets_of(bank, names->text, len, asks >> FILTER_LOOKS) ? DISPATCH_KEEP : DISPATCH_DROP;
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
	switch (dispatch__judge(regs, ret, task, slot, &marks)) {
	case DISPATCH_DROP:
		event__count_filtered(slot);
		return 0;
	case DISPATCH_LOOK:
		bpf_tail_call_static(ctx, &stages, STAGE_OPEN);
	case DISPATCH_KEEP:
		break;
	}
	return dispatch__go(ctx, regs, task, slot, marks);
}
