# SPDX-License-Identifier: Apache-2.0
"""Sequences of events with expectations, as the published cases of Falco's own engine give them.

A case is a list of steps. Entries and events go into a table of threads through its door, one by one, and what is
expected of the state is asked there and then. Expectations that name the state do so as expressions over the objects
of that engine; `value_of` walks such an expression over the views below. What an expression asks and no view has is
`Unknown`: a case that meets it has to be on the list of those that wait.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from support.injection_fds import FD
from tiercel._core.tasks_door import TaskTable

Json = Any

NAME_CHANGED = 0x20000
CLOSED = 0x40000
FD_FILE_V2 = 16

SIZES = {
    "PT_INT8": "<b",
    "PT_INT16": "<h",
    "PT_INT32": "<i",
    "PT_INT64": "<q",
    "PT_ERRNO": "<q",
    "PT_FD": "<q",
    "PT_PID": "<q",
    "PT_UINT8": "<B",
    "PT_FLAGS8": "<B",
    "PT_ENUMFLAGS8": "<B",
    "PT_SIGTYPE": "<B",
    "PT_UINT16": "<H",
    "PT_FLAGS16": "<H",
    "PT_ENUMFLAGS16": "<H",
    "PT_SYSCALLID": "<H",
    "PT_UINT32": "<I",
    "PT_FLAGS32": "<I",
    "PT_ENUMFLAGS32": "<I",
    "PT_MODE": "<I",
    "PT_UID": "<I",
    "PT_GID": "<I",
    "PT_SIGSET": "<I",
    "PT_UINT64": "<Q",
    "PT_RELTIME": "<Q",
    "PT_ABSTIME": "<Q",
}
TEXTS = ("PT_CHARBUF", "PT_FSPATH", "PT_FSRELPATH")


class Unknown(Exception):
    """An expectation or a step that nothing here can look at."""


def encode(kind: str, value: Json) -> bytes:
    """Return the bytes of a param as a capture has them."""
    if value is None:
        return b""
    if isinstance(value, dict):
        if "empty" in value or "buf" in value:
            return b""
        data = bytes.fromhex(value["hex"])
        return data + b"\0" if kind in TEXTS else data
    if isinstance(value, str):
        return value.encode() + b"\0"
    layout = SIZES[kind]
    bits = 8 * struct.calcsize(layout)
    number = int(value) & ((1 << bits) - 1)
    if layout[1].islower() and number >> (bits - 1):
        number -= 1 << bits
    return struct.pack(layout, number)


def words(texts: list[str]) -> bytes:
    return b"".join(text.encode() + b"\0" for text in texts)


# --- Views of the state -----------------------------------------------------------------------------------------------


@dataclass
class Thread:
    table: TaskTable
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
    def of(table: TaskTable, tid: int | None) -> Thread | None:
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
    table: TaskTable
    pid: int

    def get(self, name: str, arguments: list[Json]) -> Json:
        data = self.table.group(self.pid)
        assert data is not None, f"no group {self.pid}"
        if name == "get_thread_count":
            return data["alive"]
        if name == "is_reaper":
            return data["is_reaper"]
        raise Unknown(f"group.{name}")


@dataclass
class Fd:
    table: TaskTable
    data: dict[str, Json]

    def get(self, name: str, arguments: list[Json]) -> Json:
        if name not in FD:
            raise Unknown(f"fd.{name}")
        return FD[name](self.data)

    @staticmethod
    def of(table: TaskTable, data: dict[str, Json] | None) -> Fd | None:
        return None if data is None else Fd(table, data)


@dataclass
class Event:
    """What an event was about when it was the last one."""

    table: TaskTable
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


# --- A run ------------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """One case: its table, and what its events were about."""

    events: dict[int, Json]  # the table of events, by code
    case: Json
    table: TaskTable = field(default_factory=TaskTable)
    seen: dict[int, Event] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[Json, Callable[[], None]]]:
        """Yield each step with what does it, in order."""
        for step in self.case["steps"]:
            (does,) = [does for key, does in STEPS.items() if key in step]
            yield step, lambda step=step, does=does: does(self, step)  # type: ignore[misc]

    def value_of(self, path: str) -> Json:
        """Return what an expression of a case says of the state."""
        found = re.match(r"(evt|thread)\[(-?\d+)\]", path)
        value: Json
        if path.startswith("inspector.m_thread_manager.get_thread_group_info("):
            pid = int(re.findall(r"-?\d+", path)[0])
            value = Group(self.table, pid) if self.table.group(pid) is not None else None
            rest = path[path.index(")") + 1 :]
        elif path == "inspector.m_thread_manager.get_thread_count()":
            return len(self.table)
        elif found is not None and found[1] == "evt":
            value = self.seen.get(int(found[2]))
            rest = path[found.end() :]
        elif found is not None:
            value = Thread.of(self.table, int(found[2]))
            rest = path[found.end() :]
        else:
            raise Unknown(path)
        at = 0
        while at < len(rest):
            part = re.compile(r"\.(\w+)(\((.*?)\))?").match(rest, at)
            if part is None:
                raise Unknown(path)
            assert value is not None, f"{path}: {rest[:at]} is not there"
            if not hasattr(value, "get"):
                raise Unknown(path)
            value = value.get(part[1], [int(n) for n in re.findall(r"-?\d+", part[3] or "")])
            at = part.end()
        return value

    def operand(self, value: Json) -> Json:
        if isinstance(value, dict) and "ref" in value:
            return self.value_of(value["ref"])
        if isinstance(value, dict) and "hex" in value:
            return bytes.fromhex(value["hex"])
        return value


def _thread(run: Run, step: Json) -> None:
    entry = step["thread"]
    run.table.add(
        **{
            name: entry[name]
            for name in (
                *("tid", "pid", "ptid", "vtid", "vpid", "sid", "vpgid", "uid", "gid", "loginuid", "tty", "fdlimit"),
                *("flags", "exe_writable", "exe_upper_layer", "exe_lower_layer", "exe_from_memfd"),
                *("cap_inheritable", "cap_permitted", "cap_effective"),
            )
        },
        clone_ns=entry["clone_ts"],
        vm_size=entry["vmsize_kb"],
        vm_rss=entry["vmrss_kb"],
        vm_swap=entry["vmswap_kb"],
        pf_major=entry["pfmajor"],
        pf_minor=entry["pfminor"],
        args=words(entry["args"]),
        env=words(entry["env"]),
        cgroups=words(entry["cgroups"]),
        **{name: entry[name].encode() for name in ("comm", "exe", "exepath", "cwd", "root")},
    )
    for fd in step["fds"]:
        assert fd["type"] == "SCAP_FD_FILE_V2"
        run.table.add_fd(
            tid=entry["tid"],
            fd=fd["fd"],
            type=FD_FILE_V2,
            ino=fd["ino"],
            dev=fd["dev"],
            open_flags=fd["open_flags"],
            name=fd["fname"].encode(),
        )


def _open(run: Run, step: Json) -> None:
    run.table.open()


def _event(run: Run, step: Json) -> None:
    row = run.events[step["code"]]
    if step.get("throws") or step.get("async") or step.get("queued_only"):
        raise Unknown("an event that is not simply read")
    params = [encode(param["type"], value) for param, value in zip(row["params"], step["params"], strict=False)]
    run.table.feed(step["code"], step["tid"], step["ts"], params)
    about = run.table.event()
    run.seen[step["event"]] = Event(run.table, row.get("category_number", -1), about["tid"], about["fd"])


def _expect(run: Run, step: Json) -> None:
    if step["expect"] not in EXPECTATIONS:
        raise Unknown(step["expect"])
    EXPECTATIONS[step["expect"]](run, step)


def _unknown(run: Run, step: Json) -> None:
    raise Unknown(next(iter(step)))


def _set_state(run: Run, step: Json) -> None:
    found = re.fullmatch(r"thread\[(\d+)\]\.m_(ptid|pgid|flags|clone_ts)", step["set_state"])
    if found is None:
        raise Unknown(step["set_state"])
    value = step["value"]
    tid, name = int(found[1]), found[2]
    if isinstance(value, dict):
        found_sum = re.fullmatch(r"\((thread\[\d+\]\.\w+) ([&-]) (-?\d+)\)", value["ref"])
        if found_sum is None:
            raise Unknown(value["ref"])
        left, right = run.value_of(found_sum[1]), int(found_sum[3])
        value = left & right if found_sum[2] == "&" else left - right
    run.table.set(tid, **{{"clone_ts": "clone_ns"}.get(name, name): value})


def _call(run: Run, step: Json) -> None:
    call = step["call"]
    numbers = [int(number) for number in re.findall(r"-?\d+", call)]
    if re.fullmatch(r"thread\[\d+\]\.set_dead\(\)", call):
        run.table.kill(numbers[0])
    elif call.startswith("inspector.m_thread_manager.remove_thread("):
        run.table.remove(numbers[0])
    elif call.endswith(".m_tginfo.set_reaper(true)"):
        thread = run.table.thread(numbers[0])
        assert thread is not None
        run.table.set_reaper(thread["pid"], True)
    elif re.fullmatch(r"inspector\.m_thread_manager\.get_thread_group_info\(\d+\)\.set_reaper\(true\)", call):
        run.table.set_reaper(numbers[0], True)
    else:
        raise Unknown(call)


STEPS: dict[str, Callable[[Run, Json], None]] = {
    "thread": _thread,
    "open": _open,
    "event": _event,
    "expect": _expect,
    "set_state": _set_state,
    "call": _call,
    "fmt": _unknown,
    "setenv": _unknown,
    "unsetenv": _unknown,
}


# --- Expectations -----------------------------------------------------------------------------------------------------


def _state(run: Run, step: Json) -> None:
    actual, expected = run.value_of(step["path"]), run.operand(step["value"])
    if step["op"] == "truthy":
        assert bool(actual) == expected, step["path"]
    elif step["op"] == "eq":
        assert actual == expected, step["path"]
    elif step["op"] == "ne":
        assert actual != expected, step["path"]
    elif step["op"] == "gt":
        assert actual > expected, step["path"]
    else:
        raise Unknown(step["op"])


def _pids(run: Run, step: Json) -> None:
    tid, pid, ptid = step["args"]
    thread = run.table.thread(tid)
    assert thread is not None
    assert (thread["tid"], thread["pid"], thread["ptid"]) == (tid, pid, ptid)


def _pids_in_container(run: Run, step: Json) -> None:
    tid, pid, ptid, vtid, vpid = step["args"]
    thread = run.table.thread(tid)
    assert thread is not None
    assert [thread[name] for name in ("tid", "pid", "ptid", "vtid", "vpid")] == [tid, pid, ptid, vtid, vpid]


def _comm(run: Run, step: Json) -> None:
    tid, comm = step["args"]
    thread = run.table.thread(tid)
    assert thread is not None
    assert thread["comm"] == comm.encode()


def _flag(run: Run, step: Json) -> None:
    tid, mask, is_there = step["args"]
    thread = run.table.thread(tid)
    assert thread is not None
    assert bool(thread["flags"] & mask) == is_there


def _group(run: Run, step: Json) -> None:
    pid, alive, is_reaper, listed, there, *tids = step["args"]
    group = run.table.group(pid)
    assert group is not None
    assert (group["alive"], group["is_reaper"], group["listed"]) == (alive, is_reaper, listed)
    assert len(group["tids"]) == there
    assert set(tids) <= set(group["tids"])


def _children(run: Run, step: Json) -> None:
    tid, listed, there, *tids = step["args"]
    thread = run.table.thread(tid)
    assert thread is not None
    assert len(thread["children"]) == there
    assert set(tids) <= set(thread["children"])
    assert thread["children_listed"] == listed


def _missing(run: Run, step: Json) -> None:
    tid, is_missing = step["args"]
    assert (run.table.thread(tid) is None) == is_missing


EXPECTATIONS: dict[str, Callable[[Run, Json], None]] = {
    "state": _state,
    "thread_info_pids": _pids,
    "thread_info_pids_in_container": _pids_in_container,
    "thread_info_comm": _comm,
    "thread_info_flag": _flag,
    "thread_group_info": _group,
    "thread_children": _children,
    "missing_thread_info": _missing,
}
