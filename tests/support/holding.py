# SPDX-License-Identifier: Apache-2.0
"""A drain thread on a synthetic ring with container events; the test supplies metadata in place of an engine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from support.compiling import rule
from support.fakering import FakeRing
from tiercel import compiler
from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.pump import DrainThread
from tiercel._core.state.process_table import ProcessTable
from tiercel.rules import load_text
from tiercel.schema.wire import encode

START = 1_000_000_000
LONG = 60_000  # ms: as good as for ever
IMAGE = "user.name"  # as it is known when the container is
NONE = "<NA>"
LISTED = rule(f"evt.type = openat and fd.name startswith /app and {IMAGE} = shop", "listed", output=f"'%{IMAGE}'")
OTHERS = rule(
    f"evt.type = openat and fd.name startswith /etc and not {IMAGE} in (shop, bank)", "others", output=f"'%{IMAGE}'"
)
PLAIN = rule("evt.type = openat and fd.name startswith /var", "plain", output="'%proc.name'")
NAMED = rule("evt.type = openat and fd.name startswith /opt", "named", output=f"'%proc.name %{IMAGE}'")
RULES = LISTED + OTHERS + PLAIN + NAMED


def program(text: str = RULES) -> RuleProgram:
    compiled = compiler.compile(load_text(text))
    assert compiled.program is not None
    return RuleProgram(compiled.program)


def now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def header(pid: int, key: int) -> dict[str, int | str]:
    ids = dict.fromkeys(("tid", "tgid", "vtid", "vpid"), pid)
    return {"time_ns": now(), "start_ns": START, "comm": "start", "cgroup_id": key, "uid": 1000, **ids}


def full_id(number: int) -> str:
    return f"{number:02x}" * 32


def short_id(number: int) -> str:
    return full_id(number)[:12]


class Bench:
    """A pump on one ring. Process 100 + n is in container n, process 100 on the host."""

    def __init__(self, text: str = RULES, *, wait_ms: int = LONG, parts: tuple[str, ...] = ("names",), **options: Any):
        self.ring = FakeRing(1 << 20)
        self.queue = AlertQueue(capacity=100_000)
        self.table = ProcessTable()
        self.table.configure_metadata(parts, wait_ms * 1_000_000)
        rings = [(self.ring.fd, self.ring.size)]
        self.pump = DrainThread(rings, program(text), self.table, self.queue, **options)
        self.pump.start()

    def close(self) -> None:
        self.pump.stop()
        self.ring.close()

    def put(self, record: bytes) -> None:
        while self.ring.put(record) is None:
            time.sleep(0.001)

    def exec(self, container: int, name: str = "cat", pid: int = 0, **extra: Any) -> None:
        """A program starts in a container, or in number 0, on the host."""
        pid = pid or 100 + container
        group = f"/docker/{full_id(container)}" if container else "/"
        params: dict[str, Any] = {"res": 0, "exe": name, "args": "", "tid": pid, "pid": pid, "ptid": 1, "comm": name}
        params["cgroups"] = [f"cpuset={group}", f"memory={group}"]
        params |= {name: extra.pop(name) for name in ("pgid", "vpgid") if name in extra}
        self.put(encode("execve", params, extra=extra, header=header(pid, 1000 + container)))

    def open(self, container: int, path: str, pid: int = 0) -> None:
        paths = {"name": path, "base": None, "real": path}
        params: dict[str, Any] = {"fd": 3, "dirfd": -100, "name": paths, "flags": 1, "mode": 0, "dev": 1, "ino": 5}
        file: dict[str, Any] = {"type": "file", "flags": 8, "path": path}
        self.put(encode("openat", params, header=header(pid or 100 + container, 1000 + container), file=file))

    def known(self, container: int, image: str = "shop") -> None:
        assert self.table.set_names(short_id(container), {1000: image}, {}, {}, {})

    def settle(self) -> None:
        """Wait until everything in the ring was looked at, held or not."""
        end = self.ring.producer
        while self.ring.consumer < end:
            time.sleep(0.0005)
        time.sleep(0.002)

    def taken(self) -> list[tuple[Any, ...]]:
        """(rule, first value, second …) of the alerts so far."""
        found = []
        while got := self.queue.pop_alerts(timeout=0):
            found += [(RULE_NAMES[alert.rule], *alert.values[:-3]) for _, alert in got]
        return found

    def alerts(self) -> list[tuple[Any, ...]]:
        """The same once everything was evaluated."""
        assert self.pump.flush(10)
        return self.taken()

    def stats(self) -> Mapping[str, Any]:
        return self.pump.stats_snapshot()


RULE_NAMES = ("listed", "others", "plain", "named", "i", "2", "3")
