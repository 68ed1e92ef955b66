/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The beginning of every system call; attached only while calls that pass names are wanted, and for those alone.  Of
 * any other it costs four array reads.
 */
#include "lib/path/arg_names.h"
#include "lib/record/dispatch.h"

/* What the work on the beginning of a call goes on with: programs of one hook cannot call those of another. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} enter_stages SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(name_enter, struct pt_regs *regs, long nr)
{
	__u32 place = (__u32)nr % PROBE_SYSCALLS;

	if (arg_names__args(g_wanted64[place]) | arg_names__args(g_wanted32[place]))
		bpf_tail_call_static(ctx, &enter_stages, 0);
	return 0;
}

static __always_inline __u16 name_enter__read(char *to, __u64 addr)
{
	long len = bpf_probe_read_user_str(to, ARG_NAMES_TEXT, (void *)addr);

	return len > 0 ? len : 0;
}

/* Keep the texts.  Where two threads write at the same time, the second one gives up. */
static __always_inline void name_enter__keep(struct pt_regs *regs, bool ia32, __u32 tid, __u8 args)
{
	struct arg_names_place *place = arg_names__place(tid);
	__u64 owner;

	if (!place)
		return;
	owner = place->owner;
	if (owner == ARG_NAMES_BUSY || __sync_val_compare_and_swap(&place->owner, owner, ARG_NAMES_BUSY) != owner)
		return;
	place->syscall = arch__syscall(regs);
	place->len[0] = name_enter__read(place->text[0], arg_names__addr(regs, ia32, args & 0xf));
	place->len[1] = args >> 4 ? name_enter__read(place->text[1], arg_names__addr(regs, ia32, args >> 4)) : 0;
	place->owner = tid;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(name_begin, struct pt_regs *regs)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct arg_names_call *call = arg_names__call();
	struct kmem_cache_cpu *slab;
	__u8 args = arg_names__args(dispatch__wanted(regs, task, arch__syscall(regs)));

	if (!args || !call || !scope__has(task))
		return 0;
	name_enter__keep(regs, ARCH_HAS_IA32 && arch__is_compat(task), task->pid, args);
	call->tid = 0;
	if (!arg_names__slab(call))
		return 0;
	/* These first: a switch from here on shows. */
	call->switches = arg_names__switches(task);
	call->moves = arg_names__moves(task);
	slab = kernel__cast(struct kmem_cache_cpu, call->slab);
	call->turns = kernel__get(slab, tid);
	call->objects[0] = kernel__addr(slab, freelist);
	call->objects[1] = args >> 4 ? arg_names__next(call->objects[0]) : 0;
	call->syscall = arch__syscall(regs);
	call->tid = task->pid;
	return 0;
}
