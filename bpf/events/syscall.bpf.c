/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Every call that has no event of its own.  Which of them are wanted, the core enters into the tables of wanted calls.
 */
#include "lib/param/args.h"

/* Look a number up; 0 for one that the table does not reach. */
#define GENERIC_LOOKUP(table, size, nr) ((nr) < (size) ? (table)[nr] : 0)

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_syscall, struct pt_regs *regs, long ret)
{
	struct ev_syscall *ev = event__begin(syscall, SYSCALL);
	__u32 nr, code;

	if (!ev)
		return 0;

	nr = ev->hdr.syscall;
	barrier_var(nr); /* one register each for check and use */
	code = args__ia32(&ev->hdr) ? GENERIC_LOOKUP(syscall__codes32, SYSCALL_NATIVE, nr) :
				      GENERIC_LOOKUP(syscall__codes64, SYSCALL_NATIVE, nr);
	barrier_var(code);
	ev->ID = code;
	ev->nativeID = GENERIC_LOOKUP(syscall__numbers64, SYSCALL_CODES, code) ?: nr;

	return event__submit(&ev->hdr);
}
