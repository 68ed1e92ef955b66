/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* Requests in Falco's numbers. */
enum ptrace_request {
	PTRACE_PEEKTEXT = 1,
	PTRACE_PEEKDATA = 2,
	PTRACE_PEEKUSR = 3,
	PTRACE_CONT = 8,
	PTRACE_SINGLESTEP = 10,
	PTRACE_DETACH = 12,
	PTRACE_SYSCALL = 13,
};

/* First byte of the params addr and data: which kind of value follows. */
enum ptrace_value {
	PTRACE_VALUE_NUMBER = 0,
	PTRACE_VALUE_SIGNAL = 1,
};

/* Append a number of eight bytes, or a signal of one. */
static __always_inline struct ev_ref ptrace__value(struct ev_hdr *hdr, enum ptrace_value kind, __u64 value)
{
	struct record *rec = (struct record *)hdr;
	__u32 off;

	if (!event__room(rec, &off))
		return NO_REF;
	rec->bytes[off] = kind;
	__builtin_memcpy(&rec->bytes[off + 1], &value, sizeof(value));
	return event__took(rec, off, 1 + (kind == PTRACE_VALUE_SIGNAL ? 1 : sizeof(value)));
}

/* The data argument: a signal for what makes the tracee go on, and for what reads the word that was read. */
static __always_inline struct ev_ref ptrace__data(struct ev_hdr *hdr, __u32 request, unsigned long data)
{
	__u64 word = 0;

	switch (request) {
	case PTRACE_CONT:
	case PTRACE_SINGLESTEP:
	case PTRACE_DETACH:
	case PTRACE_SYSCALL:
		return ptrace__value(hdr, PTRACE_VALUE_SIGNAL, data & 0xff);
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSR:
		bpf_probe_read_user(&word, args__ia32(hdr) ? 4 : 8, (void *)data);
		return ptrace__value(hdr, PTRACE_VALUE_NUMBER, word);
	default:
		return ptrace__value(hdr, PTRACE_VALUE_NUMBER, data);
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_ptrace, struct pt_regs *regs, long ret)
{
	struct ev_ptrace *ev = event__begin(ptrace, PTRACE);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->request = native__ptrace_request(args__get(&ev->hdr, regs, 0));
	ev->pid = args__int(&ev->hdr, regs, 1);
	if (ret >= 0) {
		ev->addr = ptrace__value(&ev->hdr, PTRACE_VALUE_NUMBER, args__get(&ev->hdr, regs, 2));
		ev->data = ptrace__data(&ev->hdr, ev->request, args__get(&ev->hdr, regs, 3));
	} else {
		/* Falco's way to say that nothing was done. */
		ev->addr = ptrace__value(&ev->hdr, PTRACE_VALUE_NUMBER, 0);
		ev->data = ptrace__value(&ev->hdr, PTRACE_VALUE_NUMBER, 0);
	}

	return event__submit(&ev->hdr);
}
