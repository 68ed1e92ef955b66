/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_open, struct pt_regs *regs, long ret)
{
	struct ev_open *ev = event__begin(open, OPEN);
	unsigned long flags;

	if (!ev)
		return 0;

	flags = args__int(&ev->hdr, regs, 1);
	ev->fd = ret;
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	ev->flags = native__open_flags(flags);
	ev->mode = native__open_mode(flags, args__get(&ev->hdr, regs, 2));
	if (ret >= 0) {
		ev->flags |= file__fill_opened(&ev->hdr, &ev->file, ret);
		ev->name.real = ev->file.path;
		ev->dev = ev->file.dev;
		ev->ino = ev->file.ino;
	}

	return event__submit(&ev->hdr);
}
