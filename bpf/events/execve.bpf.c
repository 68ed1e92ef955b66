/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * A failed execve: the process is still the old one, only exe, args, env and filename are those of the program that
 * did not start.  hooks/sched_exec.bpf.c reports the others.
 */
#include "lib/object/exe.h"
#include "lib/object/proc.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_execve, struct pt_regs *regs, long ret)
{
	struct ev_execve *ev;

	if (ret >= 0)
		return 0;
	ev = event__begin(execve, EXECVE);
	if (!ev)
		return 0;

	ev->res = ret;
	proc__fill_vectors(ev, args__get(&ev->hdr, regs, 1), args__get(&ev->hdr, regs, 2));
	proc__fill(ev);
	proc__fill_exec(ev);
	exe__fill(ev, kernel__addr(kernel__current()->mm, exe_file));
	args__path(&ev->hdr, &ev->filename, args__get(&ev->hdr, regs, 0), AT_FDCWD);

	return event__submit(&ev->hdr);
}
