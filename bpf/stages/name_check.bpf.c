/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Stage after the filler of a call that passes names: the names in its record become the ones that the kernel used, or
 * the record says that they may be others.
 */
#include "lib/path/arg_names.h"
#include "lib/path/other_names.h"

/* --- Comparing --- */

struct name_check_pair {
	struct record *rec;
	__u32 a;
	__u32 b;
	__u32 len;
	bool differs;
};

static long name_check__compare_step(__u32 i, struct name_check_pair *pair)
{
	__u32 a = pair->a + 8 * i, b = pair->b + 8 * i, left = pair->len - 8 * i;
	__u64 word;

	if (a > EV_MAX_LEN || b > EV_MAX_LEN)
		return 1;
	word = *(const __u64 *)&pair->rec->bytes[a] ^ *(const __u64 *)&pair->rec->bytes[b];
	if (left < 8)
		word &= (1ULL << 8 * (left & 7)) - 1;
	if (!word)
		return 0;
	pair->differs = true;
	return 1;
}

/* Whether two texts of the record are the same in their first `len` bytes. */
static __always_inline bool name_check__same(struct record *rec, __u32 a, __u32 b, __u32 len)
{
	struct name_check_pair pair = { .rec = rec, .a = a, .b = b, .len = len };

	bpf_loop((len + 7) / 8, name_check__compare_step, &pair, 0);
	return !pair.differs;
}

/* --- Where the other text is --- */

/* Append the kernel's copy of a name. */
static __always_inline struct ev_ref name_check__copied(struct record *rec, __u64 object)
{
	__u64 name = kernel__addr(kernel__cast(struct filename, object), name), start = name - object;
	__u32 before = rec->hdr.len;
	struct ev_ref ref;

	/*
	 * The text of a very long name is elsewhere, and that of a long one has the link to the next free object in it.
	 */
	if (start >= g_names_cache.offset)
		return NO_REF;
	ref = event__kernel_str(&rec->hdr, (void *)name);
	if (start + ref.len < g_names_cache.offset)
		return ref;
	rec->hdr.len = before;
	return NO_REF;
}

/* Append the text that was there when the call began. */
static __always_inline struct ev_ref name_check__began(struct record *rec, __u32 job)
{
	struct arg_names_place *place = arg_names__place(rec->hdr.tid);
	__u32 off, len;

	if (!place || job >= LOOKUP_JOBS || place->owner != rec->hdr.tid || (__u16)place->syscall != rec->hdr.syscall)
		return NO_REF;
	len = place->len[job];
	barrier_var(len);
	if (!len || len > ARG_NAMES_TEXT || !event__room(rec, &off))
		return NO_REF;
	bpf_probe_read_kernel(&rec->bytes[off], len, place->text[job]);
	if (place->owner != rec->hdr.tid)
		return NO_REF;
	return event__took(rec, off, len - 1);
}

/* --- Judging --- */

/*
 * Compare the name of a job in the record with the kernel's copy in `object`, or with the text at the begin of the call
 * if that is 0.
 */
__noinline int name_check__judge(struct record *rec, __u32 job, __u64 object)
{
	struct lookup *l = lookup__get();
	struct ev_ref seen, found;
	__u32 before, at, len;

	if (!rec || !l || job >= LOOKUP_JOBS)
		return 0;
	at = l->jobs[job].path;
	barrier_var(at);
	if (at > EV_MAX_LEN)
		return 0;
	before = rec->hdr.len;
	seen = *(struct ev_ref *)&rec->bytes[at];
	found = object ? name_check__copied(rec, object) : NO_REF;
	if (found.off)
		object = 1;
	else {
		object = 0;
		found = name_check__began(rec, job);
	}
	if (!found.off)
		return 0;
	len = found.len;
	/* Of a text that was cut only the first bytes are compared. */
	if (!object && len == ARG_NAMES_TEXT - 1 && seen.len > len)
		seen.len = len;
	if (seen.off && seen.len == len && name_check__same(rec, seen.off, found.off, len)) {
		rec->hdr.len = before;
		return 0;
	}
	rec->hdr.flags |= EVF_TOCTOU;
	if (object || !seen.off) {
		l->jobs[job].other = *(__u32 *)&rec->bytes[at];
		*(struct ev_ref *)&rec->bytes[at] = found;
		other_names__rebase(rec, job);
	} else {
		l->jobs[job].other = found.off | (__u32)found.len << 16;
		l->twins |= 1 << job;
	}
	if (!object)
		l->jobs[job].how = l->jobs[job].how == LOOKUP_TEXT ? LOOKUP_TEXT : LOOKUP_DOUBTFUL;
	return 0;
}

/* Whether the call has used the objects that were noted when it began. */
static __always_inline bool name_check__is_proven(struct arg_names_call *call, struct task_struct *task, __u32 count,
						  long ret)
{
	struct kmem_cache_cpu *slab = kernel__cast(struct kmem_cache_cpu, call->slab);
	__u64 turns = kernel__get(slab, tid) - call->turns, head = kernel__addr(slab, freelist), next;
	bool quiet = arg_names__switches(task) == call->switches;
	__u32 step = g_names_cache.step;

	if (!turns || arg_names__moves(task) != call->moves)
		return false;
	if (count == 1) {
		if (!head || head != call->objects[0])
			return false;
		/* The least that one name can take: it is taken, and freed. */
		if (quiet && (!step || turns / 2 < step))
			g_names_cache.step = turns / 2;
	} else {
		next = arg_names__next(head);
		if (!head || !next ||
		    !((head == call->objects[0] && next == call->objects[1]) ||
		      (head == call->objects[1] && next == call->objects[0])))
			return false;
	}
	return quiet || (ret >= 0 && step && turns == 2ULL * count * step);
}

/* The noted object that has the name from address `addr`; 0: none, or both. */
static __always_inline __u64 name_check__object(const struct arg_names_call *call, __u32 count, __u64 addr)
{
	bool first = kernel__addr(kernel__cast(struct filename, call->objects[0]), uptr) == addr, second = false;

	if (count > 1)
		second = kernel__addr(kernel__cast(struct filename, call->objects[1]), uptr) == addr;
	if (first == second)
		return 0;
	return first ? call->objects[0] : call->objects[1];
}

SEC("tp_btf/sys_exit")
int BPF_PROG(name_check, struct pt_regs *regs, long ret)
{
	struct record *rec = event__scratch(SCRATCH_SYSCALL);
	struct arg_names_call *call = arg_names__call();
	struct task_struct *task = kernel__current();
	struct lookup *l = lookup__get();
	__u64 first = 0, second = 0;
	struct probe_stats *counters;
	__u32 count;
	bool ia32;
	__u8 args;

	if (!rec || !l || !call)
		return 0;
	args = arg_names_args[(__u8)HDR_SLOT(&rec->hdr)];
	count = args >> 4 ? 2 : 1;
	ia32 = args__ia32(&rec->hdr);
	l->twins = 0;
	if (arg_names__has_lists() && call->slab && call->tid == rec->hdr.tid &&
	    (__u16)call->syscall == rec->hdr.syscall && name_check__is_proven(call, task, count, ret)) {
		first = name_check__object(call, count, arg_names__addr(regs, ia32, args & 0xf));
		if (count > 1)
			second = name_check__object(call, count, arg_names__addr(regs, ia32, args >> 4));
	}
	call->tid = 0;
	if (ret != -EFAULT) {
		name_check__judge(rec, 0, first);
		if (count > 1)
			name_check__judge(rec, 1, second);
	}
	if (rec->hdr.flags & EVF_TOCTOU) {
		other_names__join(rec);
		counters = event__stats();
		if (counters)
			counters->changed++;
	}
	if (!lookup__has_result(ret) && !l->twins)
		return event__submit(&rec->hdr);
	if (!lookup__has_result(ret))
		l->jobs[0].how = l->jobs[1].how = LOOKUP_DOUBTFUL;
	bpf_tail_call_static(ctx, &stages, STAGE_LOOKUP);
	return event__submit(&rec->hdr);
}
