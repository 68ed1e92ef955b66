/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* Whether the result of a command is a new descriptor. */
static __always_inline bool bpf__gives_fd(__u32 cmd)
{
	switch (cmd) {
	case 0:	 /* BPF_MAP_CREATE */
	case 5:	 /* BPF_PROG_LOAD */
	case 7:	 /* BPF_OBJ_GET */
	case 13: /* BPF_PROG_GET_FD_BY_ID */
	case 14: /* BPF_MAP_GET_FD_BY_ID */
	case 17: /* BPF_RAW_TRACEPOINT_OPEN */
	case 18: /* BPF_BTF_LOAD */
	case 19: /* BPF_BTF_GET_FD_BY_ID */
	case 28: /* BPF_LINK_CREATE */
	case 30: /* BPF_LINK_GET_FD_BY_ID */
	case 32: /* BPF_ENABLE_STATS */
	case 33: /* BPF_ITER_CREATE */
	case 36: /* BPF_TOKEN_CREATE */
		return true;
	default:
		return false;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_bpf, struct pt_regs *regs, long ret)
{
	struct ev_bpf *ev = event__begin(bpf, BPF);

	if (!ev)
		return 0;

	ev->fd = ret;
	ev->cmd = args__get(&ev->hdr, regs, 0);
	if (ret >= 0 && bpf__gives_fd(ev->cmd))
		file__fill(&ev->hdr, &ev->file, ret, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
