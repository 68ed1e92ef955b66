/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Stage after uring_submit: the arguments of a request.  The kernel has already copied them: names are in kernel
 * memory. A separate program, because the stack of one program is too small for both parts.
 */
#include "lib/uring/uring_args.h"

/* Keep a record until the request completes; false if there is no room. */
static __always_inline bool uring__keep(struct record *rec, __u64 request, const struct uring_note *from)
{
	struct uring_note *note = uring__note(rec);
	__u32 len = rec->hdr.len + 8 + sizeof(*note);

	if (!note)
		return false;
	*note = *from;
	if (len <= URING_SMALL)
		return !bpf_map_update_elem(&uring_requests, &request, rec, BPF_ANY);
	if (len <= URING_LARGE)
		return !bpf_map_update_elem(&uring_names, &request, rec, BPF_ANY);
	return false;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(uring_arguments, struct io_kiocb *kiocb)
{
	struct record *rec = event__scratch(SCRATCH_URING);
	struct uring_work *work = uring__work();
	struct probe_stats *counters;
	struct io_kiocb *known;
	__u64 request;

	if (!work || !rec)
		return 0;
	request = work->request;
	path__fill_cwd(&rec->hdr);
	__builtin_memset(&work->note, 0, sizeof(work->note));
	uring__fill(rec, request, &work->note);
	known = kernel__cast(struct io_kiocb, request);
	work->note.name.ring = kernel__addr(known, ctx);
	work->note.name.user_data = kernel__get(known, cqe.user_data);
	if (work->note.several)
		bpf_map_update_elem(&uring_several, &work->note.name, &work->request, BPF_ANY);
	if (!(kernel__get(known, flags) & URING_SKIP_SUCCESS) && uring__keep(rec, request, &work->note))
		return 0;
	/* Its end will not be seen: the record gets no more values than it has now. */
	event__absent(&rec->hdr, 0);
	counters = event__stats();
	if (counters)
		counters->unfinished++;
	return event__submit(&rec->hdr);
}
