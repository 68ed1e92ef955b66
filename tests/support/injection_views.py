# SPDX-License-Identifier: Apache-2.0
"""Objects of the injected cases, by the names of Falco's own engine: threads, processes, descriptors, events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support.injection_fds import FD
from tiercel._core.testing.replay_door import ReplayTable

Json = Any

CLOSED = 0x40000


class Unknown(Exception):
    """An expectation or a step that nothing here can look at."""


@dataclass
class Thread:
    table: ReplayTable
    tid: int

    def get(self, name: str, arguments: list[Json]) -> Json:
        data = self.table.thread(self.tid)
        assert data is not None, f"no thread {self.tid}"
        if name == "get_fd":
            (number,) = arguments
            return Fd.of(self.table, self.table.fd(self.tid, number))
        if name == "m_tginfo":
            return Group(self.table, data["pid"]) if data["has_group"] else None
        if name == "get_main_thread":
            return None if data["main"] is None else Thread(self.table, data["main"])
        if name not in THREAD:
            raise Unknown(f"thread.{name}")
        return THREAD[name](data)

    @staticmethod
    def of(table: ReplayTable, tid: int | None) -> Thread | None:
        return None if tid is None or table.thread(tid) is None else Thread(table, tid)


def _text(key: str) -> Callable[[dict[str, Json]], str]:
    return lambda data: data[key].decode()


def _number(key: str) -> Callable[[dict[str, Json]], int]:
    return lambda data: int(data[key])


THREAD: dict[str, Callable[[dict[str, Json]], Json]] = {
    "m_tid": _number("tid"),
    "m_pid": _number("pid"),
    "m_ptid": _number("ptid"),
    "m_vtid": _number("vtid"),
    "m_vpid": _number("vpid"),
    "m_reaper_tid": _number("reaper_tid"),
    "m_sid": _number("sid"),
    "m_pgid": _number("pgid"),
    "m_uid": _number("uid"),
    "m_gid": _number("gid"),
    "m_flags": _number("flags"),
    "m_clone_ts": _number("clone_ns"),
    "m_lastexec_ts": _number("exec_ns"),
    "m_lastevent_ts": _number("last_ns"),
    "m_lastevent_fd": _number("last_fd"),
    "m_cap_inheritable": _number("cap_inheritable"),
    "m_cap_permitted": _number("cap_permitted"),
    "m_cap_effective": _number("cap_effective"),
    "m_vmsize_kb": _number("vm_size"),
    "m_vmrss_kb": _number("vm_rss"),
    "m_vmswap_kb": _number("vm_swap"),
    "m_comm": _text("comm"),
    "get_comm": _text("comm"),
    "m_exe": _text("exe"),
    "get_exe": _text("exe"),
    "m_exepath": _text("exepath"),
    "get_exepath": _text("exepath"),
    "is_dead": lambda data: bool(data["flags"] & CLOSED),
    "is_invalid": lambda data: data["is_invalid"],
    "is_main_thread": lambda data: data["is_main"],
}


@dataclass
class Group:
    table: ReplayTable
    pid: int

    def get(self, name: str, arguments: list[Json]) -> Json:
        data = self.table.group(self.pid)
        assert data is not None, f"no group {self.pid}"
        if name == "get_thread_count":
            return data["alive"]
        if name == "get_thread_list":
            return [Thread(self.table, tid) for tid in data["tids"]]
        if name == "is_reaper":
            return data["is_reaper"]
        raise Unknown(f"group.{name}")


@dataclass
class Fd:
    table: ReplayTable
    data: dict[str, Json]

    def get(self, name: str, arguments: list[Json]) -> Json:
        if name not in FD:
            raise Unknown(f"fd.{name}")
        return FD[name](self.data)

    @staticmethod
    def of(table: ReplayTable, data: dict[str, Json] | None) -> Fd | None:
        return None if data is None else Fd(table, data)


@dataclass
class Event:
    """The objects of an event, as they were while it was the last event."""

    table: ReplayTable
    category: int
    tid: int | None
    fd: dict[str, Json] | None

    def get(self, name: str, arguments: list[Json]) -> Json:
        if name in ("thread", "get_tinfo", "get_tinfo_ref"):
            return Thread.of(self.table, self.tid)
        if name in ("fdinfo", "get_fd_info"):
            return Fd.of(self.table, self.fd)
        if name == "get_category":
            return self.category
        raise Unknown(f"evt.{name}")
