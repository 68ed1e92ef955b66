/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"
#include "lib/object/mem.h"

/* The first 32-bit mmap takes its arguments in memory. */
static __always_inline unsigned long mmap__arg(const struct ev_hdr *hdr, struct pt_regs *regs, const int n)
{
	__u32 value = 0;

	if (!args__ia32(hdr))
		return args__get(hdr, regs, n);
	bpf_probe_read_user(&value, sizeof(value), (void *)(args__get(hdr, regs, 0) + n * sizeof(value)));
	return value;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_mmap, struct pt_regs *regs, long ret)
{
	struct ev_mmap *ev = event__begin(mmap, MMAP);

	if (!ev)
		return 0;

	ev->res = ret;
	mem__fill(ev);
	ev->addr = mmap__arg(&ev->hdr, regs, 0);
	ev->length = mmap__arg(&ev->hdr, regs, 1);
	ev->prot = native__prot_flags(mmap__arg(&ev->hdr, regs, 2));
	ev->flags = native__mmap_flags(mmap__arg(&ev->hdr, regs, 3));
	ev->fd = (int)mmap__arg(&ev->hdr, regs, 4);
	ev->offset = mmap__arg(&ev->hdr, regs, 5);
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit_file(&ev->hdr);
}
