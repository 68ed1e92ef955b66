# SPDX-License-Identifier: Apache-2.0
"""quotactl."""

from __future__ import annotations

import struct
from pathlib import Path

from support.calls import call
from support.falco import Quota
from support.recorder import Live

USER, GROUP = 0, 1
SYNC, QUOTAON, GETFMT, GETINFO, GETQUOTA, XGETQUOTA = 0x800001, 0x800002, 0x800004, 0x800005, 0x800007, 0x5803

NOTHING = {
    "quotafilepath": None,
    "dqb_bhardlimit": 0,
    "dqb_bsoftlimit": 0,
    "dqb_curspace": 0,
    "dqb_ihardlimit": 0,
    "dqb_isoftlimit": 0,
    "dqb_btime": 0,
    "dqb_itime": 0,
    "dqi_bgrace": 0,
    "dqi_igrace": 0,
    "dqi_flags": 0,
    "quota_fmt_out": 1,
    "id": 0,
    "quota_fmt": 1,
}


def limits(valid: int) -> bytes:
    """``struct if_dqblk``."""
    return struct.pack("=8QI", 1, 2, 3, 4, 5, 6, 7, 8, valid)


def test_writes_everything_back(live: Live) -> None:
    run = live.run(made := call("quotactl", SYNC << 8 | GROUP, None, 0, None))
    (event,) = run.events("quotactl")
    assert event.params == NOTHING | {"res": made.ret, "special": None, "cmd": Quota.SYNC, "type": Quota.GROUP}


def test_of_no_device(live: Live, tmp_path: Path) -> None:
    device = str(tmp_path / "missing")
    run = live.run(
        on := call("quotactl", QUOTAON << 8 | USER, device, 4, "/aquota.user"),
        call("quotactl", GETQUOTA << 8 | USER, device, 1000, limits(1 | 2 | 32)),
        call("quotactl", GETQUOTA << 8 | USER, device, 1001, limits(4 | 16)),
        call("quotactl", XGETQUOTA << 8 | GROUP, device, 1002, limits(63)),
        call("quotactl", GETINFO << 8 | GROUP, device, 0, struct.pack("=QQII", 9, 10, 2, 7)),
        call("quotactl", GETFMT << 8 | USER, device, 0, struct.pack("=I", 2)),
        call("quotactl", 0x123456FF, device, 0, None),
    )
    failed = NOTHING | {"res": on.ret, "special": device}
    assert on.ret < 0
    assert [event.params for event in run.events("quotactl")] == [
        failed | {"cmd": Quota.QUOTAON, "type": Quota.USER, "quotafilepath": "/aquota.user", "quota_fmt": 8},
        failed
        | {"cmd": Quota.GETQUOTA, "type": Quota.USER, "id": 1000}
        | {"dqb_bhardlimit": 1, "dqb_bsoftlimit": 2, "dqb_curspace": 3, "dqb_itime": 8},
        failed
        | {"cmd": Quota.GETQUOTA, "type": Quota.USER, "id": 1001}
        | {"dqb_ihardlimit": 4, "dqb_isoftlimit": 5, "dqb_btime": 7},
        failed | {"cmd": Quota.XGETQUOTA, "type": Quota.GROUP, "id": 1002},
        failed | {"cmd": Quota.GETINFO, "type": Quota.GROUP, "dqi_bgrace": 9, "dqi_igrace": 10, "dqi_flags": 2},
        failed | {"cmd": Quota.GETFMT, "type": Quota.USER, "quota_fmt_out": 4},
        failed | {"cmd": 0, "type": 0, "res": run.events("quotactl")[-1].params["res"]},
    ]
