# SPDX-License-Identifier: Apache-2.0
"""On the live kernel: a sensor whose probe filters raises the alerts of one whose probe reports everything."""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.calls import Running, Step, Zeros, call, call32, hold, request, ring
from support.falco import AT_FDCWD
from support.native import sockaddr_in, sockaddr_un
from support.watch import SETTLE

from tiercel import Ruleset, Scope, Sensor, Stats

OPEN32, CREAT32, OPENAT32, URING_OPENAT = 5, 8, 295, 18
DATAGRAM = socket.SOCK_DGRAM | os.O_NONBLOCK
COUNT = 60
FLAGS = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_TRUNC, os.O_DIRECTORY)
OUTPUT = "%evt.type %evt.rawres %fd.name_requested %fd.name_resolved %evt.is_open_write %evt.is_io_uring %fd.typechar"
MACROS = (
    "evt.is_open_read = true and fd.typechar = f and fd.num >= 0",
    "evt.is_open_write = true and fd.typechar = f and fd.num >= 0",
    "evt.failed = true",
    "evt.rawres >= 0",
    "evt.is_open_exec = true",
    "user.uid = 0 and evt.arg.flags contains O_TRUNC",
    "fd.type = directory",
)

pytestmark = pytest.mark.kernel


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files, and more than one name for each."""
    root = tmp_path / "root"
    for name in ("etc/shadow", "etc/ssh/key.pub", "home/a/.ssh/id_rsa", "var/log/auth.log", "etcetera", "top"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (root / "link").symlink_to("etc/shadow")
    (root / "etc/hidden").symlink_to(root / "home/a")
    (root / "home/out").symlink_to("../var/log/auth.log")
    os.link(root / "etc/shadow", root / "var/hard")
    return root


NAMES = (
    *("etc/shadow", "etc/ssh/key.pub", "home/a/.ssh/id_rsa", "var/log/auth.log", "etcetera", "top", "link", "home/out"),
    *("etc/hidden/.ssh/id_rsa", "etc/../link", "./etc/shadow", "etc//shadow", "etc/", "etc", "home/a/..", "var/hard"),
    *("missing", "etc/missing", "etc/shadow/x", "", "etc/hidden/../a/.ssh/id_rsa"),
)


def condition(random: Random, root: Path) -> str:
    """About files below the directory."""
    field = random.choice(("fd.name", "fd.name", "fd.directory", "fd.filename", "fs.path.name", "evt.arg.name"))
    path = root / random.choice(NAMES[:8])
    check = random.choice(
        (
            f"{field} = {path}",
            f"{field} startswith {path.parent}",
            f"{field} endswith {path.name}",
            f"{field} contains /{path.name[:4]}",
            f"{field} pmatch ({path.parent}, {root}/var)",
            f"{field} in ({path}, {path.parent}, {path.name})",
            f"{field} glob {path.parent}/*",
        )
    )
    return f"evt.type in (open, openat, openat2, creat) and {random.choice(MACROS)} and {check}"


def rules(random: Random, root: Path) -> Ruleset:
    made = [
        {"rule": f"r{n}", "desc": "d", "condition": condition(random, root), "output": OUTPUT, "priority": "INFO"}
        for n in range(4)
    ]
    return Ruleset.loads(json.dumps(made))


def opened(random: Random, root: Path) -> Step:
    """One call that opens, of any kind: absolute or relative, of 64 or 32 bits, by io_uring."""
    name = random.choice(NAMES)
    path = name if random.random() < 0.4 else random.choice(("", "/", "/proc/self/root")) + f"{root}/{name}"
    flags = random.choice(FLAGS) | os.O_NONBLOCK
    made = {
        "open": call("open", path, flags, 0o755),
        "openat": call("openat", AT_FDCWD, path, flags, 0o640),
        "openat2": call("openat2", AT_FDCWD, path, (flags & ~os.O_CREAT).to_bytes(8, "little") + bytes(16), 24),
        "creat": call("creat", path, 0o755),
        "open32": call32(OPEN32, path, flags, 0o755),
        "openat32": call32(OPENAT32, AT_FDCWD, path, flags, 0o640),
        "creat32": call32(CREAT32, path, 0o640),
        "uring": request(URING_OPENAT, AT_FDCWD, path, 0o640, 0, flags),
    }
    return random.choice((*made.values(), made["openat"], made["open"]))


def alerts(sensor: Sensor) -> Counter[tuple[object, ...]]:
    """The contents of the alerts and their number, without the time, which each probe takes by itself."""
    assert sensor.flush(SETTLE)
    found: Counter[tuple[object, ...]] = Counter()
    while some := sensor.read():
        found.update(
            (alert.rule, *(value for name, value in alert.fields.items() if name != "evt.time")) for alert in some
        )
    return found


def alerts_of(
    program: Path, ruleset: Ruleset, steps: list[Any], cwd: Path
) -> tuple[Counter[tuple[object, ...]], Stats]:
    """The alerts about what the steps do, the same with a filter as without, and the counters of the one with it."""
    run = Running(program, [ring(), hold(), *steps], cwd=cwd)
    try:
        run.until(run.steps[0])
        scope = Scope.tree(run.pid)
        with Sensor(ruleset, scope=scope) as filtering, Sensor(ruleset, scope=scope) as seeing_all:
            seeing_all._opened()._probe.filter(None)
            run.finish()
            expected = alerts(seeing_all)
            assert alerts(filtering) == expected
            assert not seeing_all.stats().filtered
            return expected, filtering.stats()
    finally:
        run.close()


@pytest.mark.parametrize("seed", range(5))
def test_opens(program: Path, tree: Path, seed: int) -> None:
    random = Random(seed)
    expected, stats = alerts_of(program, rules(random, tree), [opened(random, tree) for _ in range(COUNT)], tree)
    assert expected
    assert sum(stats.filtered.values()) > COUNT // 10


KINDS = (
    "evt.type in (write, read) and fd.typechar = u",
    "evt.type = write and fd.type = pipe and evt.rawres > 0",
    "evt.type in (write, read, sendto, connect, dup) and fd.l4proto = udp",
    "evt.type in (connect, sendto) and fd.typechar in (4, 6) and evt.failed = true",
    "evt.type = read and fd.type = directory",
    "evt.type = dup and fd.sport = 9",
    "evt.type in (write, sendto, dup) and fd.rport in (9, 10)",
    "evt.type in (connect, sendto) and fd.port = 1",
    "evt.type = write and evt.buflen > 3 and fd.typechar = f",
)


@pytest.mark.parametrize("condition", KINDS)
def test_kinds_of_descriptors(program: Path, tmp_path: Path, condition: str) -> None:
    """A filter that cannot know before the record is built what a descriptor is."""
    there, nowhere, unbound = sockaddr_in("127.0.0.1", 9), sockaddr_in("127.0.0.1", 1), sockaddr_un("/nowhere")
    made = {
        "file": call("open", tmp_path / "file", os.O_CREAT | os.O_RDWR, 0o600),
        "directory": call("open", tmp_path, os.O_RDONLY),
        "udp": call("socket", socket.AF_INET, DATAGRAM, 0),
        "udp6": call("socket", socket.AF_INET6, DATAGRAM, 0),
        "tcp": call("socket", socket.AF_INET, socket.SOCK_STREAM | os.O_NONBLOCK, 0),
        "unix": call("socket", socket.AF_UNIX, DATAGRAM, 0),
        "event": call("eventfd2", 0, os.O_NONBLOCK),
    }
    steps = [*made.values(), call("connect", made["udp"], there, len(there)), call("connect", made["tcp"], nowhere, 16)]
    steps += [call("connect", made["unix"], unbound, len(unbound))]
    for descriptor in (*made.values(), -1):
        steps += [call("write", descriptor, b"datadata", 8), call("read", descriptor, Zeros(8), 8)]
        steps += [call("sendto", descriptor, b"x", 1, 0, None, 0), call("dup", descriptor)]
    steps += [call("sendto", made["unix"], b"x", 1, 0, unbound, len(unbound))]
    name = "%evt.type %evt.rawres %fd.name %fd.typechar %fd.l4proto"
    rule = {"rule": "r", "desc": "d", "condition": condition, "output": name, "priority": "INFO"}
    expected, stats = alerts_of(program, Ruleset.loads(json.dumps([rule])), steps, tmp_path)
    assert expected or condition.endswith("fd.typechar = u")
    assert stats.filtered
