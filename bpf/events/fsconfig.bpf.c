/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/object/file.h"

/* Commands that have a value; other ones ignore it. */
enum fsconfig_command {
	FSCONFIG_SET_STRING = 1,
	FSCONFIG_SET_BINARY = 2,
	FSCONFIG_SET_PATH = 3,
	FSCONFIG_SET_PATH_EMPTY = 4,
};

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_fsconfig, struct pt_regs *regs, long ret)
{
	struct ev_fsconfig *ev = event__begin(fsconfig, FSCONFIG);

	if (!ev)
		return 0;

	ev->res = ret;
	ev->fd = args__int(&ev->hdr, regs, 0);
	ev->cmd = args__get(&ev->hdr, regs, 1);
	ev->key = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 2));
	ev->aux = args__get(&ev->hdr, regs, 4);
	if (ret >= 0) {
		switch (ev->cmd) {
		case FSCONFIG_SET_STRING:
		case FSCONFIG_SET_PATH:
		case FSCONFIG_SET_PATH_EMPTY:
			ev->value_charbuf = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 3));
			break;
		case FSCONFIG_SET_BINARY:
			ev->value_bytebuf =
				event__user_bytes(&ev->hdr, args__get(&ev->hdr, regs, 3), ev->aux > 0 ? ev->aux : 0);
			break;
		}
	}
	file__fill(&ev->hdr, &ev->file, ev->fd, EV_ROLE_NONE);

	return event__submit(&ev->hdr);
}
