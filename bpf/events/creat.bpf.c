/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_creat, struct pt_regs *regs, long ret)
{
	struct ev_creat *ev = event__begin(creat, CREAT);

	if (!ev)
		return 0;

	ev->fd = ret;
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	ev->mode = native__open_mode(O_CREAT, args__get(&ev->hdr, regs, 1));
	if (ret >= 0) {
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);
		ev->name.real = ev->file.path;
		ev->dev = ev->file.dev;
		ev->ino = ev->file.ino;
		if (ev->file.flags & EVF_FILE_UPPER)
			ev->creat_flags |= EV_CREAT_FLAGS_FD_UPPER_LAYER_CREAT;
		if (ev->file.flags & EVF_FILE_LOWER)
			ev->creat_flags |= EV_CREAT_FLAGS_FD_LOWER_LAYER_CREAT;
	}

	return event__submit(&ev->hdr);
}
