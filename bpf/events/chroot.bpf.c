/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/path/lookup.h"
#include "lib/path/realpath.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_chroot, struct pt_regs *regs, long ret)
{
	struct ev_chroot *ev = event__begin(chroot, CHROOT);
	struct fs_struct *root;
	__u64 fs;

	if (!ev)
		return 0;

	ev->res = ret;
	args__path(&ev->hdr, &ev->path, args__get(&ev->hdr, regs, 0), AT_FDCWD);
	/* After a success names start at the new root, which is what this one led to. */
	if (!ret) {
		fs = kernel__addr(kernel__current(), fs);
		root = kernel__cast(struct fs_struct, fs);
		ev->path.real = event__unpack(path__real_path((struct record *)ev, kernel__addr(root, root.mnt),
							      kernel__addr(root, root.dentry)));
		return event__submit(&ev->hdr);
	}
	lookup__want(&ev->hdr, &ev->path, AT_FDCWD, LOOKUP_OBJECT);

	return lookup__submit(ctx, &ev->hdr);
}
