/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_prctl, struct pt_regs *regs, long ret)
{
	struct ev_prctl *ev = event__begin(prctl, PRCTL);
	unsigned long arg;
	int value = 0;

	if (!ev)
		return 0;

	arg = args__get(&ev->hdr, regs, 1);
	ev->res = ret;
	ev->option = args__get(&ev->hdr, regs, 0);
	switch (ev->option) {
	case PR_SET_NAME:
	case PR_GET_NAME:
		ev->arg2_str = event__user_str(&ev->hdr, arg);
		break;
	case PR_GET_CHILD_SUBREAPER:
		/* The second argument is where the answer goes. */
		bpf_probe_read_user(&value, sizeof(value), (void *)arg);
		ev->arg2_int = value;
		break;
	default:
		ev->arg2_int = arg;
		break;
	}

	return event__submit(&ev->hdr);
}
