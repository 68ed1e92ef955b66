/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Building and sending a record.  While a record is built, hdr.len is where its next bytes go and hdr.reserved holds
 * what is not part of it: the slot of its event, the index of its scratch space, and what the filter is to know.
 */
#ifndef TIERCEL_EVENT_H
#define TIERCEL_EVENT_H

#include "lib/filter/filter_bank.h"
#include "lib/record/ring_quota.h"
#include "lib/record/maps.h"
#include "lib/object/task.h"

#define HDR_SCRATCH(hdr) ((hdr)->reserved & 0x3f)
#define HDR_SLOT(hdr) ((hdr)->reserved >> 8)
#define HDR_FAILED 0x40 /* the call returned an error */
#define HDR_LATE 0x80	/* what the descriptor is decides whether some rule can match */

/* What makes a ref when nothing was captured. */
#define NO_REF ((struct ev_ref){})

static __always_inline struct probe_stats *event__stats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

static __always_inline struct record *event__scratch(__u32 index)
{
	struct record *rec = bpf_map_lookup_elem(&scratch, &index);
	struct probe_stats *counters;

	if (!rec) {
		counters = event__stats();
		if (counters)
			counters->unfit++;
	}
	return rec;
}

static __always_inline struct ev_ref event__ref(__u32 off, __u32 len)
{
	return (struct ev_ref){ .off = off, .len = len };
}

/*
 * Start a record of the current task: header filled, `fixed` bytes after it are the caller's.  `index` is its
 * scratch space.
 */
static __always_inline void event__start(struct ev_hdr *hdr, struct task_struct *task, __u16 type, __u32 slot,
					 __u32 fixed, __u32 index)
{
	task__header(hdr, task, type);
	hdr->len = fixed;
	hdr->reserved = slot << 8 | index;
}

/*
 * The record in scratch space `index` as that of an event, zeroed between header and tail; NULL without scratch
 * space.
 */
#define event__struct(name, index)                                                    \
	({                                                                            \
		struct ev_##name *__ev = (void *)event__scratch(index);               \
                                                                                      \
		if (__ev)                                                             \
			__builtin_memset((char *)__ev + sizeof(struct ev_hdr), 0,     \
					 event__fixed(name) - sizeof(struct ev_hdr)); \
		__ev;                                                                 \
	})

/* Bytes of an event in front of its tail. */
#define event__fixed(name) __builtin_offsetof(struct ev_##name, tail)

static __always_inline void event__absent(struct ev_hdr *hdr, __u32 param)
{
	hdr->absent |= 1U << param;
}

/* Note that some text was longer than the record had room for. */
static __always_inline void event__cut(struct record *rec)
{
	rec->hdr.flags |= EVF_TRUNCATED;
}

/*
 * Account for `len` bytes that were written at hdr.len, and return their ref.  What reaches over EV_MAX_LEN into the
 * slack is cut off.
 */
static __always_inline struct ev_ref event__took(struct record *rec, __u32 off, __u32 len)
{
	if (off + len > EV_MAX_LEN) {
		len = EV_MAX_LEN - off;
		event__cut(rec);
	}
	rec->hdr.len = off + len;
	return event__ref(off, len);
}

/* Where the next bytes go; false when the record is full, which is noted. */
static __always_inline bool event__room(struct record *rec, __u32 *off)
{
	*off = rec->hdr.len;
	if (*off < EV_MAX_LEN)
		return true;
	event__cut(rec);
	return false;
}

/*
 * Append a text from user memory, without its NUL: absent if the pointer is not readable.  At sys_exit the page has
 * been faulted in by the call itself.  The helper stops at TEXT_MAX - 1 bytes; such a text may have been longer.
 */
static __always_inline __u32 event__read_user_str(struct record *rec, __u64 addr)
{
	struct ev_ref ref;
	__u32 off;
	long len;

	if (!event__room(rec, &off))
		return 0;
	len = bpf_probe_read_user_str(&rec->bytes[off], TEXT_MAX, (void *)addr);
	if (len <= 0)
		return 0;
	if (len == TEXT_MAX)
		event__cut(rec);
	ref = event__took(rec, off, len - 1);
	return ref.off | (__u32)ref.len << 16;
}

/*
 * Global functions like this one are checked by the verifier once per program, not at each use; they return plain
 * numbers.
 */
__noinline __u32 event__user_str_at(struct record *rec, __u64 addr)
{
	return rec ? event__read_user_str(rec, addr) : 0;
}

/* Append at most `len` bytes of user memory; what is readable of them, page by page, where not all is. */
__noinline __u32 event__user_bytes_at(struct record *rec, __u64 addr, __u64 len)
{
	struct ev_ref ref;
	__u32 off;

	if (!rec || !len || !event__room(rec, &off))
		return 0;
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	if (bpf_probe_read_user(&rec->bytes[off], len, (void *)addr)) {
		__u64 first = 4096 - (addr & 4095);

		if (first >= len || bpf_probe_read_user(&rec->bytes[off], first, (void *)addr))
			return 0;
		event__cut(rec);
		len = first;
	}
	ref = event__took(rec, off, len);
	return ref.off | (__u32)ref.len << 16;
}

static __always_inline struct ev_ref event__unpack(__u32 packed)
{
	return event__ref(packed & 0xffff, packed >> 16);
}

/* Whether a captured text begins with `c`. */
static __always_inline bool event__begins_with(const struct record *rec, struct ev_ref ref, char c)
{
	__u32 off = ref.off;

	barrier_var(off); /* one register for check and use */
	return ref.len && off < EV_MAX_LEN && rec->bytes[off] == c;
}

static __always_inline struct ev_ref event__user_str(struct ev_hdr *hdr, unsigned long addr)
{
	return event__unpack(event__user_str_at((struct record *)hdr, addr));
}

static __always_inline struct ev_ref event__user_bytes(struct ev_hdr *hdr, unsigned long addr, __u64 len)
{
	return event__unpack(event__user_bytes_at((struct record *)hdr, addr, len));
}

/* Append a text from kernel memory. */
static __always_inline struct ev_ref event__kernel_str(struct ev_hdr *hdr, const void *addr)
{
	struct record *rec = (struct record *)hdr;
	__u32 off;
	long len;

	if (!event__room(rec, &off))
		return NO_REF;
	len = bpf_probe_read_kernel_str(&rec->bytes[off], TEXT_MAX, addr);
	if (len <= 0)
		return NO_REF;
	if (len == TEXT_MAX)
		event__cut(rec);
	return event__took(rec, off, len - 1);
}

/*
 * Whether a record makes the ring's fill level cross a multiple of wakeup_bytes: only then its reader is woken.  The
 * level is read without a lock, so a crossing may be missed; the next multiple, or the reader's own clock, makes up for
 * it.
 */
static __always_inline __u64 event__wakeup(__u64 level, __u32 len)
{
	__u64 step = g_cfg.wakeup_bytes;

	return step && (level ^ (level + len)) & ~(step - 1) ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/*
 * The ring of a record, by its index: that of life-cycle events, or that of the CPU that it was begun on.  CPUs that
 * write at the same time would wait for each other at one ring, and a CPU that floods its own takes no room from the
 * others.
 */
static __always_inline __u32 event__ring(const struct ev_hdr *hdr, bool lifecycle)
{
	__u32 cpu = hdr->cpu;

	if (lifecycle)
		return PROBE_RING_LIFE;
	barrier_var(cpu); /* one register for check and use */
	return cpu < PROBE_CPUS ? g_ring_of_cpu[cpu] : PROBE_RING_VOLUME;
}

static __always_inline void event__sent(struct probe_stats *counters, __u16 flags)
{
	if (!counters)
		return;
	counters->sent++;
	if (flags & (EVF_TRUNCATED | EVF_ARGS_TRUNCATED))
		counters->truncated++;
}

static __always_inline void event__lost(struct probe_stats *counters, const struct ev_hdr *hdr, __u32 slot,
					bool lifecycle, bool over_share)
{
	ring_quota__lost(hdr->cgroup_id, slot, over_share);
	if (!counters)
		return;
	if (lifecycle)
		counters->lost_lifecycle++;
	else
		counters->lost_volume++;
	barrier_var(slot); /* one register for check and use */
	if (slot >= PROBE_SLOTS)
		return;
	counters->lost[slot]++;
	if (over_share)
		counters->shed[slot]++;
}

static __always_inline __u32 event__other_names(void)
{
	__u32 zero = 0, *packed = bpf_map_lookup_elem(&other_names, &zero);

	return packed ? *packed : 0;
}

/* Put `len` bytes into the ring of the record, whose header is complete but for what sending adds. */
static __always_inline int event__output(struct ev_hdr *hdr, __u32 len, bool lifecycle)
{
	struct probe_stats *counters = event__stats();
	__u32 index = event__ring(hdr, lifecycle), slot = HDR_SLOT(hdr);
	void *ring = bpf_map_lookup_elem(&rings, &index);
	bool over_share = false;
	__u64 level;

	if (!ring) {
		if (counters)
			counters->unfit++;
		return 0;
	}
	hdr->reserved = hdr->flags & EVF_TOCTOU ? event__other_names() : 0;
	if (lifecycle)
		hdr->flags |= EVF_LIFECYCLE;
	level = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	if (ring_quota__matters(index, level))
		over_share = !ring_quota__take(ring_quota__owner(hdr->cgroup_id), index,
					       bpf_ringbuf_query(ring, BPF_RB_PROD_POS),
					       bpf_ringbuf_query(ring, BPF_RB_CONS_POS), len);
	if (over_share || bpf_ringbuf_output(ring, hdr, len, event__wakeup(level, len)))
		event__lost(counters, hdr, slot, lifecycle, over_share);
	else
		event__sent(counters, hdr->flags);
	return 0;
}

/* Count an event that no rule can match. */
static __always_inline void event__count_filtered(__u32 slot)
{
	struct probe_stats *counters = event__stats();

	barrier_var(slot); /* one register for check and use */
	if (counters && slot < PROBE_SLOTS)
		counters->filtered[slot]++;
}

/* Whether some rule can match a record, now that it describes the descriptor of its event. */
__noinline bool event__is_wanted(const struct record *rec)
{
	struct filter_bank *bank = filter_bank__current();
	const struct filter_program *program;
	struct filter_state known;
	__u32 slot, at;

	if (!rec || !bank)
		return true;
	slot = HDR_SLOT(&rec->hdr);
	barrier_var(slot); /* one register for check and use */
	if (slot >= PROBE_SLOTS)
		return true;
	program = &bank->programs[slot];
	at = g_files[slot];
	barrier_var(at);
	if (!at || at > EV_MAX_LEN)
		return true;
	filter__begin(&known);
	filter__set_call(&known, -(__s64)(rec->hdr.reserved / HDR_FAILED & 1), rec->hdr.uid);
	if (program->stages & FILTER_STAGE_HOST)
		filter__set_cgroup(&known, cgroup_key__verdict(rec->hdr.cgroup_id));
	filter__set_file(&known, (const struct ev_file *)&rec->bytes[at]);
	filter__set_ports(&known, bank->ports, (const struct ev_file *)&rec->bytes[at]);
	return filter__allows(program, &known);
}

/* Send a record that was built in scratch space. */
__noinline int event__send_at(struct record *rec, bool lifecycle)
{
	struct probe_stats *counters;
	__u32 len;
	bool fits;

	if (!rec)
		return 0;
	/*
	 * The verifier does not know what hdr.len went through.  Two comparisons, which the compiler must not make one
	 * of: up to 6.12 the verifier does not see what `len - x < y` says of len.
	 */
	len = rec->hdr.len;
	fits = len >= sizeof(rec->hdr);
	barrier_var(len);
	if (!fits || len > EV_MAX_LEN) {
		counters = event__stats();
		if (counters)
			counters->unfit++;
		return 0;
	}
	return event__output(&rec->hdr, len, lifecycle);
}

/* Send a record of `len` bytes without a tail, which need not be in scratch space. */
static __always_inline int event__submit_small(struct ev_hdr *hdr, const __u32 len, bool lifecycle)
{
	return event__output(hdr, len, lifecycle);
}

static __always_inline int event__submit(struct ev_hdr *hdr)
{
	return event__send_at((struct record *)hdr, false);
}

/*
 * The same, of a frequent event on a descriptor: if it matters to the rules what that is, and no rule can match the
 * record, it is dropped.
 */
static __always_inline int event__submit_file(struct ev_hdr *hdr)
{
	if (hdr->reserved & HDR_LATE && !event__is_wanted((struct record *)hdr)) {
		event__count_filtered(HDR_SLOT(hdr));
		return 0;
	}
	return event__submit(hdr);
}

static __always_inline int event__submit_life(struct ev_hdr *hdr)
{
	return event__send_at((struct record *)hdr, true);
}

#endif
