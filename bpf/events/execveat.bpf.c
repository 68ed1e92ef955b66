/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A failed execveat: see execve.bpf.c.  Successful ones are reported as execve.
 */
#include "lib/object/exe.h"
#include "lib/object/proc.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_execveat, struct pt_regs *regs, long ret)
{
	struct ev_execveat *ev;

	if (ret >= 0)
		return 0;
	ev = event__begin(execveat, EXECVEAT);
	if (!ev)
		return 0;

	ev->res = ret;
	proc__fill_vectors(ev, args__get(&ev->hdr, regs, 2), args__get(&ev->hdr, regs, 3));
	proc__fill(ev);
	proc__fill_exec(ev);
	exe__fill(ev, kernel__addr(kernel__current()->mm, exe_file));

	return event__submit(&ev->hdr);
}
