/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_openat2, struct pt_regs *regs, long ret)
{
	struct ev_openat2 *ev = event__begin(openat2, OPENAT2);
	struct open_how how = {};

	if (!ev)
		return 0;

	bpf_probe_read_user(&how, sizeof(how), (void *)args__get(&ev->hdr, regs, 2));
	ev->fd = ret;
	ev->dirfd = args__int(&ev->hdr, regs, 0);
	args__path(&ev->hdr, &ev->name, args__get(&ev->hdr, regs, 1), ev->dirfd);
	ev->flags = native__open_flags(how.flags);
	ev->mode = native__open_mode(how.flags, how.mode);
	ev->resolve = native__openat2_resolve(how.resolve);
	if (ret >= 0) {
		ev->flags |= file__fill_opened(&ev->hdr, &ev->file, ret);
		ev->name.real = ev->file.path;
		ev->dev = ev->file.dev;
		ev->ino = ev->file.ino;
	}

	return event__submit(&ev->hdr);
}
