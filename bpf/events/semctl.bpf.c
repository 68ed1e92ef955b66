/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

#define SEMCTL_SETVAL 16
#define SEMCTL_IPC_64 0x100

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_semctl, struct pt_regs *regs, long ret)
{
	struct ev_semctl *ev = event__begin(semctl, SEMCTL);
	__u32 cmd;

	if (!ev)
		return 0;

	/* 32-bit programs mark the newer form of a structure. */
	cmd = args__get(&ev->hdr, regs, 2) & ~SEMCTL_IPC_64;
	ev->res = ret;
	ev->semid = args__int(&ev->hdr, regs, 0);
	ev->semnum = args__int(&ev->hdr, regs, 1);
	ev->cmd = native__semctl_command(cmd);
	if (cmd == SEMCTL_SETVAL)
		ev->val = args__get(&ev->hdr, regs, 3);

	return event__submit(&ev->hdr);
}
