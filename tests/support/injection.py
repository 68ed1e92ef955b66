# SPDX-License-Identifier: Apache-2.0
"""Sequences of events with expectations, as the published cases of Falco's own engine give them.

A case is a list of steps. Entries and events go into a thread table through its public interface, one by one; each
expectation of the state is checked at its step. Expectations that name the state do so as expressions over the objects
of that engine; `value_of` walks such an expression over the views below. A name that no view has is `Unknown`: a case
that meets it has to be on the list of waiting cases.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from support.injection_views import Event, Group, Thread, Unknown
from tiercel._core.testing.replay_door import ReplayTable

Json = Any

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


# --- A run ------------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """One case: its table, and what its events were about."""

    events: dict[int, Json]  # the table of events, by code
    case: Json
    table: ReplayTable = field(default_factory=ReplayTable)
    seen: dict[int, Event] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)  # a thread that the case makes by hand

    def steps(self) -> Iterator[tuple[Json, Callable[[], None]]]:
        """Yield each step with what does it, in order."""
        for step in self.case["steps"]:
            does = next(does for key, does in STEPS.items() if key in step)
            yield step, lambda step=step, does=does: does(self, step)  # type: ignore[misc]

    def value_of(self, path: str) -> Json:
        """Return what an expression of a case says of the state."""
        pair = re.fullmatch(r"\((.+) (==|&&) (.+)\)", path)
        if pair is not None:
            left = self.value_of(pair[1])
            if pair[2] == "&&":
                return left and self.value_of(pair[3])
            return left == (None if pair[3] == "null" else int(pair[3]))
        if path.startswith("ip("):
            return str(ip_address(int(self.value_of(path[3:-1])).to_bytes(4, "little")))
        path = path.replace(".m_tginfo.get_thread_list().front()", ".m_tginfo.get_thread_list().front")
        path = re.sub(r'\{"?\'?ref"?\'?: "?\'?([^"\'}]+)"?\'?\}', lambda ref: self._reference(ref[1]), path)
        value, rest = self._root(path)
        at = 0
        while at < len(rest):
            part = PART.match(rest, at)
            if part is None:
                raise Unknown(path)
            assert value is not None, f"{path}: {rest[:at]} is not there"
            if isinstance(value, list) and part[1] == "front":
                value = value[0]
            elif hasattr(value, "get"):
                value = value.get(part[1], [int(n) for n in re.findall(r"-?\d+", part[3] or "")])
            else:
                raise Unknown(path)
            at = part.end()
        return value

    def _reference(self, path: str) -> str:
        """Return the number that an expression inside an expression stands for."""
        value = self.value_of(path)
        return str(value.tid if isinstance(value, Thread) else value)

    def _root(self, path: str) -> tuple[Json, str]:
        """Return the object that an expression starts from, and the rest of the expression."""
        for pattern, read in ROOTS:
            found = pattern.match(path)
            if found is not None:
                return read(self, [int(n) for n in re.findall(r"-?\d+", found[1])]), path[found.end() :]
        raise Unknown(path)

    def operand(self, value: Json) -> Json:
        if isinstance(value, dict) and "ref" in value:
            return self.value_of(value["ref"])
        if isinstance(value, dict) and "hex" in value:
            return bytes.fromhex(value["hex"])
        return value

    def operands(self, values: list[Json]) -> list[Json]:
        return [self.operand(value) for value in values]


MANAGER = r"inspector\.m_thread_manager\."
# Expectations that rules answer; see injection_replay.py.
RULES = ("field", "has_value", "filter", "fields_equal", "compiles", "evt_type")
OF_RULES = re.compile(r"format\[|evt\[\d+\]\.(get_param|has_return_value|get_tinfo_ref)|undef:|null$|std::")
PART = re.compile(r"\.(\w+)(\((.*?)\))?")


def _ancestor(run: Run, numbers: list[int]) -> Thread | None:
    tid: int | None = numbers[0]
    for _ in range(numbers[1] if len(numbers) > 1 else 1):
        data = None if tid is None else run.table.thread(tid)
        tid = None if data is None else data["parent"]
    return Thread.of(run.table, tid)


def _group_of(run: Run, numbers: list[int]) -> Group | None:
    return None if run.table.group(numbers[0]) is None else Group(run.table, numbers[0])


def _made(run: Run, numbers: list[int]) -> Thread | None:
    return Thread.of(run.table, run.made["tid"])


# Where expressions start; the group holds the numbers that are meant.
ROOTS: tuple[tuple[re.Pattern[str], Callable[[Run, list[int]], Json]], ...] = (
    (re.compile(r"evt\[(\d+)\]"), lambda run, numbers: run.seen.get(numbers[0])),
    (re.compile(r"thread\[(-?\d+)\]"), lambda run, numbers: Thread.of(run.table, numbers[0])),
    (re.compile(MANAGER + r"get_thread_group_info\((\d+)\)"), _group_of),
    (re.compile(MANAGER + r"get_ancestor_process\(([\d, ]+)\)"), _ancestor),
    (
        re.compile(MANAGER + r"find_new_reaper\((\d+)\)"),
        lambda run, numbers: Thread.of(run.table, run.table.find_reaper(numbers[0])),
    ),
    (re.compile(MANAGER + r"get_thread_count\(()\)"), lambda run, numbers: len(run.table)),
    (re.compile(r"inspector\.get_tid_to_remove\(()\)"), lambda run, numbers: run.table.event()["removal_tid"]),
    (
        re.compile(r'inspector\.m_usergroup_manager\.get_user\("", (\d+)\)'),
        lambda run, numbers: run.table.user(numbers[0]),
    ),
    (re.compile(r"inspector\.get_threadinfo_factory\(\)\.create_shared\(()\)"), _made),
)


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
    if step.get("async") or step.get("queued_only"):
        raise Unknown("an event that is not simply read")
    params = [encode(param["type"], value) for param, value in zip(row["params"], step["params"], strict=False)]
    run.table.feed(step["code"], step["tid"], step["ts"], params)
    about = run.table.event()
    run.seen[step["event"]] = Event(run.table, row.get("category_number", -1), about["tid"], about["fd"])


def _expect(run: Run, step: Json) -> None:
    if step["expect"] in RULES or OF_RULES.match(step.get("path", "")):
        return
    if step["expect"] not in EXPECTATIONS:
        raise Unknown(step["expect"])
    EXPECTATIONS[step["expect"]](run, step)


def _unknown(run: Run, step: Json) -> None:
    raise Unknown(next(iter(step)))


def _nothing(run: Run, step: Json) -> None:
    """A message is the business of rules."""


def _set_state(run: Run, step: Json) -> None:
    path, value = step["set_state"], step["value"]
    made = re.fullmatch(r"inspector\.get_threadinfo_factory\(\)\.create_shared\(\)\.m_(tid|pid|ptid)", path)
    if made is not None:
        run.made[made[1]] = value
        return
    found = re.fullmatch(r"thread\[(\d+)\]\.m_(ptid|pgid|flags|clone_ts)", path)
    if found is None:
        raise Unknown(path)
    if isinstance(value, dict):
        term = re.fullmatch(r"\((thread\[\d+\]\.\w+) ([&-]) (-?\d+)\)", value["ref"])
        if term is None:
            raise Unknown(value["ref"])
        left, right = run.value_of(term[1]), int(term[3])
        value = left & right if term[2] == "&" else left - right
    run.table.set(int(found[1]), **{{"clone_ts": "clone_ns"}.get(found[2], found[2]): value})


def _kill(run: Run, numbers: list[int]) -> None:
    run.table.kill(numbers[0])


def _remove(run: Run, numbers: list[int]) -> None:
    run.table.remove(numbers[0])


def _give_children(run: Run, numbers: list[int]) -> None:
    run.table.give_children(numbers[0], numbers[1] if len(numbers) > 1 else None)


def _set_reaper(run: Run, numbers: list[int]) -> None:
    run.table.set_reaper(numbers[0], True)


def _set_reaper_of(run: Run, numbers: list[int]) -> None:
    thread = run.table.thread(numbers[0])
    assert thread is not None
    run.table.set_reaper(thread["pid"], True)


def _link_made(run: Run, numbers: list[int]) -> None:
    run.table.add(**run.made)
    run.table.link(run.made["tid"])


CALLS: tuple[tuple[str, Callable[[Run, list[int]], None]], ...] = (
    (r"thread\[\d+\]\.set_dead\(\)", _kill),
    (MANAGER + r"remove_thread\(\d+\)", _remove),
    (r"thread\[\d+\]\.m_tginfo\.set_reaper\(true\)", _set_reaper_of),
    (MANAGER + r"get_thread_group_info\(\d+\)\.set_reaper\(true\)", _set_reaper),
    (r"thread\[\d+\]\.assign_children_to_reaper\(.*\)", _give_children),
    (MANAGER + r"create_thread_dependencies\(.*create_shared.*\)", _link_made),
)


def _call(run: Run, step: Json) -> None:
    call = step["call"]
    for pattern, does in CALLS:
        if re.fullmatch(pattern, call):
            does(run, [int(number) for number in re.findall(r"-?\d+", call)])
            return
    raise Unknown(call)


STEPS: dict[str, Callable[[Run, Json], None]] = {
    "thread": _thread,
    "open": _open,
    "fmt": _nothing,
    "event": _event,
    "expect": _expect,
    "set_state": _set_state,
    "call": _call,
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
    tid, pid, ptid = run.operands(step["args"])
    thread = run.table.thread(tid)
    assert thread is not None
    assert (thread["tid"], thread["pid"], thread["ptid"]) == (tid, pid, ptid)


def _pids_in_container(run: Run, step: Json) -> None:
    tid, pid, ptid, vtid, vpid = run.operands(step["args"])
    thread = run.table.thread(tid)
    assert thread is not None
    assert [thread[name] for name in ("tid", "pid", "ptid", "vtid", "vpid")] == [tid, pid, ptid, vtid, vpid]


def _comm(run: Run, step: Json) -> None:
    tid, comm = run.operands(step["args"])
    thread = run.table.thread(tid)
    assert thread is not None
    assert thread["comm"] == comm.encode()


def _flag(run: Run, step: Json) -> None:
    tid, mask, is_there = run.operands(step["args"])
    thread = run.table.thread(tid)
    assert thread is not None
    assert bool(thread["flags"] & mask) == is_there


def _group(run: Run, step: Json) -> None:
    pid, alive, is_reaper, listed, there, *tids = run.operands(step["args"])
    group = run.table.group(pid)
    assert group is not None
    assert (group["alive"], group["is_reaper"], group["listed"]) == (alive, is_reaper, listed)
    assert len(group["tids"]) == there
    assert set(tids) <= set(group["tids"])


def _children(run: Run, step: Json) -> None:
    tid, listed, there, *tids = run.operands(step["args"])
    thread = run.table.thread(tid)
    assert thread is not None
    assert len(thread["children"]) == there
    assert set(tids) <= set(thread["children"])
    assert thread["children_listed"] == listed


def _missing(run: Run, step: Json) -> None:
    tid, is_missing = run.operands(step["args"])
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
