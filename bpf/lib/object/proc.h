/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * What execve, clone and their kin say of a process: arguments, environment, memory, limits.
 */
#ifndef TIERCEL_PROC_H
#define TIERCEL_PROC_H

#include "lib/param/args.h"
#include "lib/object/cgroup.h"
#include "lib/object/mem.h"

/* exe in the lower half, args in the upper. */
static __always_inline __u64 proc__pack(__u32 exe, __u32 args)
{
	return exe | (__u64)args << 32;
}

/*
 * argv from the memory of the process, where it is one run of NUL-terminated texts: the first is exe, the others
 * args, which share TEXT_MAX bytes.  Both are kept without the last NUL.
 */
__noinline __u64 proc__argv(struct record *rec, __u64 start, __u64 end)
{
	__u32 exe, args, exe_len;

	if (!rec || end <= start)
		return 0;
	exe = event__user_str_at(rec, start);
	if (!exe)
		return 0;
	exe_len = (exe >> 16) + 1;
	if (exe_len >= TEXT_MAX || end <= start + exe_len)
		return proc__pack(exe, 0);
	start += exe_len;
	args = event__user_bytes_at(rec, start,
				    end - start > TEXT_MAX - exe_len ? TEXT_MAX - exe_len : end - start - 1);
	if (!args && end - start == 1)
		args = rec->hdr.len; /* one empty argument */
	return proc__pack(exe, args);
}

/*
 * Fill exe and args of any of the process events from the current memory; the result is where args begin, 0 if
 * unknown.
 */
#define proc__fill_argv(ev)                                                                 \
	({                                                                                  \
		struct mm_struct *__mm = kernel__current()->mm;                             \
		__u64 __start = __mm->arg_start;                                            \
		__u64 __packed = proc__argv((struct record *)(ev), __start, __mm->arg_end); \
                                                                                            \
		(ev)->exe = event__unpack((__u32)__packed);                                 \
		(ev)->args = event__unpack(__packed >> 32);                                 \
		(__u32) __packed ? __start + (ev)->exe.len + 1 : 0;                         \
	})

/* Fill what all process events have, beside exe and args. */
#define proc__fill(ev)                                                                                              \
	do {                                                                                                        \
		struct task_struct *__task = kernel__current();                                                     \
                                                                                                                    \
		(ev)->tid = (ev)->hdr.tid;                                                                          \
		(ev)->pid = (ev)->hdr.tgid;                                                                         \
		(ev)->ptid = (ev)->hdr.ptgid;                                                                       \
		(ev)->fdlimit = task__rlimit(__task, RLIMIT_NOFILE);                                                \
		(ev)->pgft_maj = __task->maj_flt;                                                                   \
		(ev)->pgft_min = __task->min_flt;                                                                   \
		mem__fill(ev);                                                                                      \
		(ev)->comm = event__kernel_str(&(ev)->hdr, (ev)->hdr.comm);                                         \
		(ev)->cgroups = event__unpack(cgroup__param((struct record *)(ev), kernel__addr(__task, cgroups))); \
		(ev)->uid = (ev)->hdr.uid;                                                                          \
		(ev)->gid = (ev)->hdr.gid;                                                                          \
	} while (0)

/* Fill what execve and execveat have beyond that, beside the executable itself. */
#define proc__fill_exec(ev)                                                            \
	do {                                                                           \
		struct task_struct *__leader = kernel__current();                      \
		const struct cred *__cred = __leader->cred;                            \
                                                                                       \
		(ev)->tty = task__tty(__leader);                                       \
		(ev)->vpgid = pid__vnr(task__pid(__leader, PIDTYPE_PGID));             \
		(ev)->pgid = pid__nr(task__pid(__leader, PIDTYPE_PGID));               \
		(ev)->sid = pid__vnr(task__pid(__leader, PIDTYPE_SID));                \
		(ev)->loginuid = (ev)->hdr.loginuid;                                   \
		(ev)->cap_inheritable = task__caps(&__cred->cap_inheritable);          \
		(ev)->cap_permitted = task__caps(&__cred->cap_permitted);              \
		(ev)->cap_effective = task__caps(&__cred->cap_effective);              \
		(ev)->pstart_ns = __leader->real_parent->group_leader->start_boottime; \
		(ev)->pidns_start_ns = task__pidns_start(__leader);                    \
	} while (0)

/* Environment from the memory of the process, without its last NUL. */
#define proc__fill_env(ev)                                                                 \
	do {                                                                               \
		struct mm_struct *__mm = kernel__current()->mm;                            \
		__u64 __start = __mm->env_start, __end = __mm->env_end;                    \
                                                                                           \
		(ev)->env_len = __end > __start ? __end - __start - 1 : 0;                 \
		if (g_cfg.want_env)                                                        \
			(ev)->env = event__user_bytes(&(ev)->hdr, __start, (ev)->env_len); \
		if (g_cfg.want_env && (ev)->env_len > (ev)->env.len)                       \
			event__cut((struct record *)(ev));                                 \
	} while (0)

/* A vector of pointers to texts, as it is passed to execve. */
struct proc_vector {
	struct record *rec;
	__u64 array;
	__u32 start;	 /* where the texts begin in the record */
	__u32 first_len; /* of the first text, with its NUL */
	bool whole;
};

static long proc__vector_step(__u32 i, struct proc_vector *v)
{
	struct record *rec = v->rec;
	__u64 text = args__pointer_at(&rec->hdr, v->array, i);
	__u32 off = rec->hdr.len;
	long len;

	if (!text) {
		v->whole = true;
		return 1;
	}
	if (off - v->start >= TEXT_MAX || off >= EV_MAX_LEN)
		return 1;
	len = bpf_probe_read_user_str(&rec->bytes[off], TEXT_MAX, (void *)text);
	if (len <= 0)
		return 1;
	if (off + len - v->start > TEXT_MAX) {
		event__took(rec, off, TEXT_MAX - (off - v->start));
		return 1;
	}
	event__took(rec, off, len);
	if (i == 0)
		v->first_len = len;
	return 0;
}

/*
 * Append the texts of a vector that a failed call passed, NUL between them; at most TEXT_MAX bytes.  A call that fails
 * early has not read them, and they end at the first that is not in memory.  The result is
 * the ref of all of them, the length of the first from bit 32 on, and VECTOR_CUT when there were more.
 */
#define VECTOR_CUT (1ULL << 63)

__noinline __u64 proc__vector(struct record *rec, __u64 array)
{
	struct proc_vector v = { .rec = rec, .array = array };
	__u32 off, end;

	if (!rec || !array || !event__room(rec, &off))
		return 0;
	v.start = off;
	bpf_loop(TEXT_MAX, proc__vector_step, &v, 0);
	end = rec->hdr.len;
	if (end <= off || end > EV_MAX_LEN)
		return 0;
	if (v.whole)
		end--; /* the last NUL */
	if (!v.first_len)
		v.first_len = end - off + 1;
	return (off | (end - off) << 16) | (__u64)v.first_len << 32 | (v.whole ? 0 : VECTOR_CUT);
}

/* Fill exe, args and env of a failed execve or execveat. */
#define proc__fill_vectors(ev, argv, envp)                                                 \
	do {                                                                               \
		__u64 __all = proc__vector((struct record *)(ev), argv);                   \
		__u32 __first = (__all & ~VECTOR_CUT) >> 32;                               \
		struct ev_ref __ref = event__unpack((__u32)__all);                         \
                                                                                           \
		if (__ref.off && __first > __ref.len) {                                    \
			(ev)->exe = __ref;                                                 \
		} else if (__ref.off) {                                                    \
			(ev)->exe = event__ref(__ref.off, __first - 1);                    \
			(ev)->args = event__ref(__ref.off + __first, __ref.len - __first); \
		}                                                                          \
		(ev)->args_len = (ev)->args.len;                                           \
		if (__all & VECTOR_CUT)                                                    \
			(ev)->hdr.flags |= EVF_ARGS_TRUNCATED;                             \
		if (g_cfg.want_env) {                                                      \
			__all = proc__vector((struct record *)(ev), envp);                 \
			(ev)->env = event__unpack((__u32)__all);                           \
			if (__all & VECTOR_CUT)                                            \
				event__cut((struct record *)(ev));                         \
			(ev)->env_len = (ev)->env.len;                                     \
		}                                                                          \
	} while (0)

#endif
