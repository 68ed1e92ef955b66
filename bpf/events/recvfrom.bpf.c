/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/data.h"
#include "lib/object/tuple.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_recvfrom, struct pt_regs *regs, long ret)
{
	struct ev_recvfrom *ev = event__begin(recvfrom, RECVFROM);
	unsigned long addr = 0;
	__u32 len = 0;

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = (int)args__net(&ev->hdr, regs, 0);
	ev->size = args__net(&ev->hdr, regs, 2);
	if (ret >= 0) {
		addr = args__net(&ev->hdr, regs, 4);
		bpf_probe_read_user(&len, sizeof(len), (void *)args__net(&ev->hdr, regs, 5));
		ev->tuple = tuple__inbound_from(&ev->hdr, ev->fd, addr, len);
	}
	tuple__fill_from(&ev->hdr, &ev->file, ev->fd, addr, len);
	ev->data = data__received(&ev->hdr, args__net(&ev->hdr, regs, 1), ret);

	return event__submit_file(&ev->hdr);
}
