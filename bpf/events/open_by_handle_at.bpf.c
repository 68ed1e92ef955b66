/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_open_by_handle_at, struct pt_regs *regs, long ret)
{
	struct ev_open_by_handle_at *ev = event__begin(open_by_handle_at, OPEN_BY_HANDLE_AT);

	if (!ev)
		return 0;

	ev->fd = ret;
	ev->mountfd = args__int(&ev->hdr, regs, 0);
	ev->flags = native__open_flags(args__int(&ev->hdr, regs, 2));
	if (ret >= 0) {
		ev->flags |= file__fill_opened(&ev->hdr, &ev->file, ret);
		/* A handle has no name: the path is that of the file. */
		ev->path.name = ev->file.path;
		ev->path.real = ev->file.path;
		ev->dev = ev->file.dev;
		ev->ino = ev->file.ino;
	}

	return event__submit(&ev->hdr);
}
