# SPDX-License-Identifier: Apache-2.0
"""Replay state fed with events by name and values."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Any

from tiercel._core.testing.replay_door import ReplayTable
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.types import Param

START = 1_700_000_000_000_000_000
ENTER = {"open": 2, "connect": 22, "creat": 58, "openat": 306, "openat2": 326}
"""Codes of the enter events; their params are given as bytes."""

_NUMBERS = {("int", 8): "<q", ("int", 4): "<i", ("int", 2): "<h", ("int", 1): "<b"} | {
    ("uint", 8): "<Q",
    ("uint", 4): "<I",
    ("uint", 2): "<H",
    ("uint", 1): "<B",
}


def encode(param: Param, value: object) -> bytes:
    """Encode a value as a param of that type: text gets its NUL, None is empty, bytes are used verbatim."""
    if value is None or isinstance(value, bytes):
        return value or b""
    if isinstance(value, str):
        return value.encode() + b"\0"
    assert isinstance(value, int)
    return struct.pack(_NUMBERS[param.type.kind, param.type.size], value)


def address(text: str, port: int) -> bytes:
    """An encoded SOCKADDR."""
    ip = ip_address(text)
    return bytes([2 if ip.version == 4 else 10]) + ip.packed + struct.pack("<H", port)


def socktuple(source: str, sport: int, destination: str, dport: int) -> bytes:
    """An encoded SOCKTUPLE."""
    return address(source, sport) + address(destination, dport)[1:]


def unix_tuple(source: int, destination: int, path: str) -> bytes:
    return bytes([1]) + struct.pack("<QQ", source, destination) + path.encode() + b"\0"


class Table(ReplayTable):
    """A capture in which init (1) and a shell (100, in /home) run."""

    def __init__(self) -> None:
        self.now = START
        self.add(tid=1, pid=1, ptid=0, comm=b"init", exe=b"init", cwd=b"/")
        self.add(tid=100, pid=100, ptid=1, comm=b"sh", exe=b"sh", cwd=b"/home/")

    def call(self, name: str, *values: object, tid: int = 100) -> dict[str, Any]:
        """Feed a call by name; return the thread and descriptor of the event."""
        row = EVENT_BY_NAME[name]
        self.now += 1000
        params = [encode(param, value) for param, value in zip(row.params, values, strict=False)]
        self.feed(row.code, tid, self.now, params + [b""] * (len(row.params) - len(params)))
        return self.event()

    def enter(self, name: str, *params: bytes, tid: int = 100) -> None:
        """Feed the enter event of a call."""
        self.now += 1000
        self.feed(ENTER[name], tid, self.now, list(params))

    def entry(self, num: int, tid: int = 100) -> dict[str, Any]:
        """Return the entry of a descriptor, which must exist."""
        found = self.fd(tid, num)
        assert found is not None
        return found

    def task(self, tid: int = 100) -> dict[str, Any]:
        """Return a thread, which must exist."""
        found = self.thread(tid)
        assert found is not None
        return found
