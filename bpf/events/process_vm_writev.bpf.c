/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/iovec.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_process_vm_writev, struct pt_regs *regs, long ret)
{
	struct ev_process_vm_writev *ev = event__begin(process_vm_writev, PROCESS_VM_WRITEV);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->pid = args__int(&ev->hdr, regs, 0);
	ev->data = iovec__received(&ev->hdr, args__get(&ev->hdr, regs, 1), args__get(&ev->hdr, regs, 2), ret);

	return event__submit(&ev->hdr);
}
