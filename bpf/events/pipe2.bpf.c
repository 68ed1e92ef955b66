/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_pipe2, struct pt_regs *regs, long ret)
{
	struct ev_pipe2 *ev = event__begin(pipe2, PIPE2);
	int fds[2] = { -1, -1 };

	if (!ev)
		return 0;

	ev->res = ret;
	if (ret == 0)
		bpf_probe_read_user(fds, sizeof(fds), (void *)args__get(&ev->hdr, regs, 0));
	ev->fd1 = fds[0];
	ev->fd2 = fds[1];
	ev->flags = native__pipe2_flags(args__get(&ev->hdr, regs, 1));
	if (ret == 0)
		file__fill(&ev->hdr, &ev->file, fds[1], EV_ROLE_NONE);
	ev->ino = ev->file.ino;

	return event__submit(&ev->hdr);
}
