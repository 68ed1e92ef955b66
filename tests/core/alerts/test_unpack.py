# SPDX-License-Identifier: Apache-2.0
"""Records as Python objects, and records that are not what they should be."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.core import HEADER, PID, capturing, event, field_ref
from support.examples import examples

from tiercel._core.alerts.unpack import decode
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.ir.program import TRUE, CompiledCheck, Entry, Node, Program
from tiercel.errors import EventError
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.layout import HEADER_SIZE, layout
from tiercel.schema.names import EVENT_BY_CODE, EVENT_BY_NAME
from tiercel.schema.types import Event, Param
from tiercel.schema.wire import encode, sockaddr, socktuple, unix_tuple, variant


def test_a_whole_record() -> None:
    record = event(
        "openat",
        {
            "fd": 3,
            "dirfd": -100,
            "name": {"name": "l\xe4", "base": "/tmp", "real": "/etc/x"},
            "flags": 3,
            "mode": 0o644,
            "dev": 5,
        },
        header={"cwd": "/tmp", "cpu": 2, "flags": 3, "cgroup_id": 9, "mnt_ns": 1, "pid_ns": 2},
        file={"type": "file", "ino": 8, "dev": 5, "path": "/etc/x", "flags": 8 | 4 | 1},
    )
    assert decode(record) == {
        "type": "openat",
        "params": {"fd": 3, "dirfd": -100, "name": "l\xe4", "flags": 3, "mode": 0o644, "dev": 5, "ino": None},
        "extra": {},
        "paths": {"name": {"name": "l\xe4", "base": "/tmp", "real": "/etc/x"}},
        "file": {
            "type": "file",
            "ino": 8,
            "dev": 5,
            "path": "/etc/x",
            "deleted": True,
            "upper_layer": True,
            "lower_layer": False,
        },
        "boot_ns": HEADER["time_ns"],
        "start_ns": HEADER["start_ns"],
        "cgroup_id": 9,
        "tid": PID,
        "pid": PID,
        "vtid": 7,
        "vpid": 7,
        "ppid": HEADER["ptgid"],
        "uid": 1000,
        "gid": 100,
        "loginuid": 0xFFFFFFFF,
        "mnt_ns": 1,
        "pid_ns": 2,
        "cpu": 2,
        "syscall": 257,
        "comm": "cat",
        "cwd": "/tmp",
        "ia32": True,
        "truncated": True,
        "io_uring": False,
        "toctou": False,
    }


def test_values_of_other_types() -> None:
    params = {
        "res": 0,
        "addr": variant("ptrace_dynamic_param", 0, 2**64 - 1),
        "data": variant("ptrace_dynamic_param", 1, 9),
        "pid": 5,
    }
    assert decode(event("ptrace", params))["params"] == {
        "res": 0,
        "addr": 2**64 - 1,
        "data": 9,
        "request": None,
        "pid": 5,
    }
    params = {"res": -1, "fd": 3, "addr": sockaddr("::1", 9), "tuple": socktuple(("10.0.0.1", 1), ("10.0.0.2", 2))}
    assert decode(event("connect", params))["params"] == {
        "res": -1,
        "fd": 3,
        "addr": "::1:9",
        "tuple": "10.0.0.1:1->10.0.0.2:2",
    }
    assert decode(event("sendto", {"data": b"\0\xff"}))["params"]["data"] == b"\0\xff"
    assert decode(event("setuid", {"uid": 0xFFFFFFFF}))["params"]["uid"] == 0xFFFFFFFF
    assert decode(event("procexit", {"core": 1}, extra={"last": 1}))["extra"] == {"last": True}
    assert decode(event("procexit"))["syscall"] is None
    assert decode(event("execve", {"args": ["a", "b"], "trusted_exepath": {"real": "/x"}}))["params"]["args"] == b"a\0b"


def test_the_file_of_a_socket() -> None:
    file = {"type": "ipv6", "l4proto": "udp", "role": "server", "sip": "::1", "sport": 1, "dip": "::2", "dport": 2}
    assert decode(event("connect", {}, file=file))["file"] == {
        "type": "ipv6",
        "ino": 0,
        "dev": 0,
        "path": None,
        "deleted": False,
        "upper_layer": False,
        "lower_layer": False,
        "listening": False,
        "l4proto": "udp",
        "role": "server",
        "source": ("::1", 1),
        "destination": ("::2", 2),
    }
    assert decode(event("connect", {}, file={"flags": 0, "type": "ipv4"}))["file"] is None


def test_buffers_of_any_kind() -> None:
    record = event("kill")
    evaluator = Evaluator(capturing(), ProcessTable())
    unaligned = memoryview(b"\0" + record)[1:]
    for buffer in (record, bytearray(record), memoryview(record), unaligned):
        assert decode(buffer)["type"] == "kill"
        (alert,) = evaluator.feed(buffer)
        assert alert.event == record


# --- Malformed records ------------------------------------------------------------------------------------------------


def refused(record: bytes) -> bool:
    """Return whether a record is refused; every function that takes a record must agree."""
    evaluator = Evaluator(capturing(), ProcessTable())
    results = {_refuses(call, record) for call in (decode, evaluator.feed, evaluator.table.apply)}
    assert len(results) == 1
    assert results == {bool(evaluator.stats()["malformed"])}
    return results.pop()


def _refuses(call: Callable[[bytes], object], record: bytes) -> bool:
    try:
        call(record)
    except EventError as error:
        return error.code == "E301"
    return False


@pytest.mark.parametrize("name", [row.name for row in EVENTS])
def test_a_record_must_hold_its_fixed_part(name: str) -> None:
    row = EVENT_BY_NAME[name]
    whole = encode(name, {})
    assert len(whole) == layout(row).tail_offset
    assert not refused(whole)
    for size in (0, 1, 4, HEADER_SIZE - 1, len(whole) - 1):
        assert refused(whole[:size])
        assert refused(struct.pack("=I", size) + whole[4:size])


def test_the_header_must_be_right() -> None:
    record = bytearray(event("kill", {"res": 0}))
    assert refused(bytes(record) + b"\0")
    struct.pack_into("=H", record, 4, 7777)
    assert refused(bytes(record))
    long = bytearray(event("kill")) + bytes(65_536)
    struct.pack_into("=I", long, 0, len(long))
    assert refused(bytes(long))
    struct.pack_into("=I", long, 0, 65_535)
    assert not refused(bytes(long[:65_535]))


def test_references_that_lead_outside_are_absent() -> None:
    record = bytearray(event("unlink", {"res": 0, "path": "/etc/shadow"}))
    offset = layout(EVENT_BY_NAME["unlink"]).offset("path")
    off, length = struct.unpack_from("=HH", record, offset)
    for bad in ((off, length + 1), (len(record), 1), (65535, 65535), (off + 1, length)):
        struct.pack_into("=HH", record, offset, *bad)
        assert decode(bytes(record))["params"]["path"] is None
    struct.pack_into("=HH", record, offset, len(record), 0)
    assert decode(bytes(record))["params"]["path"] == ""


ADDRESSES = [
    sockaddr("10.0.0.1", 1),
    sockaddr("::1", 1),
    sockaddr("/run/s"),
    socktuple(("10.0.0.1", 1), ("10.0.0.2", 2)),
    socktuple(("::1", 1), ("::2", 2)),
    unix_tuple(1, 2, "/run/s"),
    variant("ptrace_dynamic_param", 0, 5),
    variant("ptrace_dynamic_param", 1, 9),
    b"",
    b"\x02",
    b"\x0a",
]
TEXTS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"/", b"a", b"../..", b"/etc//shadow", b"x=/docker/" + b"a" * 64, b"(NULL)"]),
)


def values(draw: st.DrawFn, row: Param) -> Any:
    if row.type.is_path:
        forms = {form: draw(TEXTS) for form in ("name", "base", "real") if draw(st.booleans())}
        return forms or None
    if row.type.is_ref:
        return draw(TEXTS if row.type.name in ("CHARBUF", "BYTEBUF") else st.sampled_from(ADDRESSES))
    bits = 8 * row.type.size
    low, high = (
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if row.type.ctype.startswith("__s") else (0, (1 << bits) - 1)
    )
    return draw(st.one_of(st.integers(low, high), st.sampled_from([0, 1, 3, 4, high, max(low, -100), max(low, -2)])))


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """Records of any event, with any values."""
    row: Event = draw(st.sampled_from(EVENTS))

    def some(rows: tuple[Param, ...]) -> dict[str, Any]:
        return {param.name: values(draw, param) for param in rows if draw(st.integers(0, 3))}

    pids = st.integers(0, 6)
    header = {
        "tid": draw(pids),
        "tgid": draw(pids),
        "ptgid": draw(pids),
        "start_ns": draw(st.integers(0, 3)),
        "time_ns": draw(st.integers(0, 2**64 - 1)),
        "cgroup_id": draw(pids),
        "uid": draw(st.integers(0, 2**32 - 1)),
        "comm": draw(st.binary(max_size=15)),
        "flags": draw(st.integers(0, 15)),
    }
    if draw(st.booleans()):
        header["cwd"] = draw(TEXTS)
    file = None
    if row.file and draw(st.booleans()):
        file = {
            "type": draw(st.integers(0, 255)),
            "l4proto": draw(st.integers(0, 7)),
            "role": draw(st.integers(0, 3)),
            "sport": draw(st.integers(0, 99)),
            "dport": draw(st.integers(0, 99)),
            "sip": draw(st.binary(min_size=16, max_size=16)),
            "dip": bytes(10) + b"\xff\xff" + b"\x0a\0\0\x01",
            "path": draw(TEXTS),
        }
    return encode(row.name, some(row.params), header=header, extra=some(row.extra), file=file)


def _everything() -> RuleProgram:
    """A rule that reads every field there is, and a check of every field, for every event."""
    refs = ["evt.arg[0]", "evt.arg[1]", "evt.arg[4]", "evt.arg.name", "evt.arg.path"]
    for row in FIELDS:
        if not row.is_read or row.arg == "param":
            continue
        if "alone" in row.forms:
            refs.append(row.name)
        if "index" in row.forms:
            refs.append(f"{row.name}[1]")
        if "key" in row.forms:
            refs.append(f"{row.name}[HOME]")
        if "dotted" in row.forms:
            words = {"param": ("name", "flags", "res"), "event": ("openat",), "": ("cpu",)}
            refs += [f"{row.name}.{word}" for word in words.get(row.names, row.names.split())]
    refs += [f"evt.arg[{index}]" for index in range(5, 31)]
    checks = tuple(CompiledCheck(field_ref(ref), "exists", ()) for ref in refs)
    edges = [*range(1, len(checks)), TRUE]
    nodes = tuple(Node(number, edge, edge) for number, edge in enumerate(edges))
    entries = {row.code: (Entry(0, 0, True), Entry(1, TRUE, True)) for row in EVENTS if not row.internal}
    captured = tuple(field_ref(ref) for ref in refs)
    return RuleProgram(Program(("a", "b"), checks, nodes, entries, (captured, captured)))


EVERYTHING = _everything()


@pytest.fixture(scope="module")
def evaluators() -> list[Evaluator]:
    """They live through all records, so that state builds up."""
    table = ProcessTable(32)
    table.set_users({0: "root", 1: "x"})
    return [
        Evaluator(EVERYTHING, table, path_matching=how, rule_matching="all")
        for how in ("both", "requested", "resolved")
    ]


def survive(evaluators: list[Evaluator], record: bytes) -> None:
    for evaluator in evaluators:
        try:
            alerts = evaluator.feed(record)
            decode(record)
        except EventError:
            continue
        if not EVENT_BY_CODE[struct.unpack_from("=H", record, 4)[0]].internal:
            assert [alert.rule for alert in alerts] == [0, 1]
            assert all(len(alert.values) == len(EVERYTHING.outputs[0]) for alert in alerts)


@settings(max_examples=examples(600), deadline=None, suppress_health_check=list(HealthCheck))
@given(record=records())
def test_any_values_are_taken(evaluators: list[Evaluator], record: bytes) -> None:
    assert not refused(record)
    survive(evaluators, record)


@settings(max_examples=examples(600), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    record=records(), changes=st.lists(st.tuples(st.integers(8, 2000), st.integers(0, 255)), min_size=1, max_size=12)
)
@example(record=event("kill"), changes=[(4, 149)])  # there are two events called `drop`
def test_any_damage_is_survived(evaluators: list[Evaluator], record: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(record)
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    survive(evaluators, bytes(damaged))


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=400))
@example(b"")
def test_any_bytes_are_survived(data: bytes) -> None:
    refused(data)
    for row in (EVENTS[0], EVENTS[20], EVENTS[-1]):
        refused(struct.pack("=IH", len(data) + 6, row.code) + data)


def malformed(count: int) -> Iterator[bytes]:
    """Records of every event with random bits flipped, random bytes in random places, and random lengths."""
    rand = random.Random(20261124)
    for number in range(count):
        row = EVENTS[number % len(EVENTS)]
        record = bytearray(encode(row.name, {}, header={"tgid": rand.randrange(9), "start_ns": 1})) + rand.randbytes(
            rand.randrange(300)
        )
        start = min(rand.choice((8, HEADER_SIZE)), len(record) - 1)
        for _ in range(rand.randrange(1, 60)):
            at = rand.randrange(start, len(record))
            record[at] = rand.choice((0, 255, rand.randrange(256), record[at] ^ 1 << rand.randrange(8)))
        struct.pack_into("=I", record, 0, len(record))
        if rand.randrange(10) == 0:
            del record[rand.randrange(len(record)) :]
        yield bytes(record)


def test_thousands_of_malformed_records(evaluators: list[Evaluator]) -> None:
    for record in malformed(6_000):
        survive(evaluators, record)
    assert evaluators[0].stats()["malformed"] > 100
    assert evaluators[0].table.stats()["processes"] <= 32
