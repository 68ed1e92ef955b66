/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
#include "lib/param/args.h"

/* The command is above the type of quota in one number. */
#define QUOTA_TYPE_BITS 8
#define QUOTA_TYPE_MASK 0xff

/* struct if_dqblk; `valid` says which members hold something. */
struct quota_limits {
	__u64 bhardlimit;
	__u64 bsoftlimit;
	__u64 curspace;
	__u64 ihardlimit;
	__u64 isoftlimit;
	__u64 curinodes;
	__u64 btime;
	__u64 itime;
	__u32 valid;
};

enum quota_limits_valid {
	QUOTA_BLIMITS = 1,
	QUOTA_SPACE = 2,
	QUOTA_ILIMITS = 4,
	QUOTA_BTIME = 16,
	QUOTA_ITIME = 32,
};

/* struct if_dqinfo. */
struct quota_info {
	__u64 bgrace;
	__u64 igrace;
	__u32 flags;
	__u32 valid;
};

enum quota_info_valid {
	QUOTA_BGRACE = 1,
	QUOTA_IGRACE = 2,
	QUOTA_FLAGS = 4,
};

static __always_inline void quota__fill_limits(struct ev_quotactl *ev, unsigned long addr)
{
	struct quota_limits limits = {};

	bpf_probe_read_user(&limits, offsetof(struct quota_limits, valid) + sizeof(limits.valid), (void *)addr);
	if (limits.valid & QUOTA_BLIMITS) {
		ev->dqb_bhardlimit = limits.bhardlimit;
		ev->dqb_bsoftlimit = limits.bsoftlimit;
	}
	if (limits.valid & QUOTA_SPACE)
		ev->dqb_curspace = limits.curspace;
	if (limits.valid & QUOTA_ILIMITS) {
		ev->dqb_ihardlimit = limits.ihardlimit;
		ev->dqb_isoftlimit = limits.isoftlimit;
	}
	if (limits.valid & QUOTA_BTIME)
		ev->dqb_btime = limits.btime;
	if (limits.valid & QUOTA_ITIME)
		ev->dqb_itime = limits.itime;
}

static __always_inline void quota__fill_info(struct ev_quotactl *ev, unsigned long addr)
{
	struct quota_info info = {};

	bpf_probe_read_user(&info, sizeof(info), (void *)addr);
	if (info.valid & QUOTA_BGRACE)
		ev->dqi_bgrace = info.bgrace;
	if (info.valid & QUOTA_IGRACE)
		ev->dqi_igrace = info.igrace;
	if (info.valid & QUOTA_FLAGS)
		ev->dqi_flags = info.flags;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(ex_quotactl, struct pt_regs *regs, long ret)
{
	struct ev_quotactl *ev = event__begin(quotactl, QUOTACTL);
	unsigned long addr;
	__u32 cmd, id;
	int format;

	if (!ev)
		return 0;

	cmd = args__get(&ev->hdr, regs, 0);
	id = args__get(&ev->hdr, regs, 2);
	addr = args__get(&ev->hdr, regs, 3);
	ev->res = ret;
	ev->special = event__user_str(&ev->hdr, args__get(&ev->hdr, regs, 1));
	ev->cmd = native__quotactl_command(cmd >> QUOTA_TYPE_BITS);
	ev->type = native__quotactl_type(cmd & QUOTA_TYPE_MASK);
	ev->quota_fmt = EV_QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED;
	ev->quota_fmt_out = EV_QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED;
	switch (ev->cmd) {
	case EV_QUOTACTL_CMDS_Q_QUOTAON:
		ev->quotafilepath = event__user_str(&ev->hdr, addr);
		ev->quota_fmt = native__quotactl_format(id);
		break;
	case EV_QUOTACTL_CMDS_Q_GETQUOTA:
	case EV_QUOTACTL_CMDS_Q_SETQUOTA:
		quota__fill_limits(ev, addr);
		ev->id = id;
		break;
	case EV_QUOTACTL_CMDS_Q_XGETQUOTA:
	case EV_QUOTACTL_CMDS_Q_XSETQLIM:
		ev->id = id;
		break;
	case EV_QUOTACTL_CMDS_Q_GETINFO:
	case EV_QUOTACTL_CMDS_Q_SETINFO:
		quota__fill_info(ev, addr);
		break;
	case EV_QUOTACTL_CMDS_Q_GETFMT:
		format = 0;
		bpf_probe_read_user(&format, sizeof(format), (void *)addr);
		ev->quota_fmt_out = native__quotactl_format(format);
		break;
	}

	return event__submit(&ev->hdr);
}
