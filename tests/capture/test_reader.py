# SPDX-License-Identifier: Apache-2.0
"""`tiercel.open_capture`: events in their current forms, tables, errors; and the facts about published captures."""

from __future__ import annotations

import collections
import gzip
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import scapfile, scapforms
from support.descriptors import held
from support.scapfile import START, call, section

import tiercel
from tiercel._core.api.capture_reader import ScapReader
from tiercel.schema.events import EVENTS
from tiercel.schema.old_events import CODES
from tiercel.schema.types import Param

DUMMY = call("close", 0, 3)


def write(folder: Path, *blocks: bytes) -> Path:
    path = folder / "t.scap"
    path.write_bytes(section() + b"".join(blocks))
    return path


def params(folder: Path, *blocks: bytes) -> list[dict[str, Any]]:
    with tiercel.open_capture(write(folder, *blocks)) as capture:
        return [dict(event.params) for event in capture]


# --- Events ---------------------------------------------------------------------------------------------------------


def test_events(tmp_path: Path) -> None:
    path = write(tmp_path, call("openat", 3, -100, "/etc/passwd", 1, 0, 5, 99, tid=41, ts=START + 5, cpu=2), DUMMY)
    with tiercel.open_capture(path) as capture:
        opened, closed = capture
    assert (opened.num, opened.type, opened.tid, opened.cpu, opened.time_ns) == (1, "openat", 41, 2, START + 5)
    assert dict(opened.params) == {
        "fd": 3,
        "dirfd": -100,
        "name": "/etc/passwd",
        "flags": 1,
        "mode": 0,
        "dev": 5,
        "ino": 99,
    }
    assert (closed.num, closed.type, dict(closed.params)) == (2, "close", {"res": 0, "fd": 3})
    assert repr(closed) == "<CaptureEvent 2 close tid=100 {'res': 0, 'fd': 3}>"
    with pytest.raises(TypeError):
        opened.params["fd"] = 4  # type: ignore[index]


def sample(param: Param) -> tuple[bytes, object]:
    """A value of the param's type: its bytes, and what the API makes of them."""
    name = param.type.name
    samples: dict[str, tuple[bytes, object]] = {
        "CHARBUF": (b"a\n\xff\0", "a\n\udcff"),
        "FSPATH": (b"/a b\0", "/a b"),
        "FSRELPATH": (b"b\0", "b"),
        "BYTEBUF": (b"\0\1\xff", b"\0\1\xff"),
        "SOCKADDR": (b"\2\x7f\0\0\1\x50\0", "127.0.0.1:80"),
        "SOCKTUPLE": (b"\2\x7f\0\0\1\x50\0\x7f\0\0\2\x51\0", "127.0.0.1:80->127.0.0.2:81"),
        "FDLIST": (struct.pack("<HqHqH", 2, 5, 1, -1, 4), ((5, 1), (-1, 4))),
        "CHARBUFARRAY": (b"one\0two\0", ("one", "two")),
        "IPV4ADDR": (b"\x7f\0\0\1", "127.0.0.1"),
        "IPV6ADDR": (b"\0" * 15 + b"\1", "::1"),
        "DYN": (b"\0" + struct.pack("<Q", 7), 7),
        "BOOL": (b"\1\0\0\0", True),
    }
    if name in samples:
        return samples[name]
    value = -2 if param.type.kind == "int" else 2
    return value.to_bytes(param.type.size, "little", signed=value < 0), value


@pytest.mark.parametrize(
    "event", [event for event in EVENTS if event.code < CODES and not event.internal], ids=lambda event: event.ident
)
def test_params_of_every_event(tmp_path: Path, event: Any) -> None:
    """Full and empty, and as an older writer gave them that knew none."""
    values = [sample(param) for param in event.params]
    wide = "large" in event.flags
    full = scapforms.event(event.code, [data for data, _ in values], wide=wide)
    empty = scapforms.event(event.code, [b""] * len(values), wide=wide)
    with tiercel.open_capture(write(tmp_path, full, empty, DUMMY)) as capture:
        *seen, dummy = capture
    assert (dummy.num, dummy.type) == (3, "close")
    if event.name in ("useradded", "userdeleted", "groupadded", "groupdeleted"):
        assert seen == []
        return
    first, second = seen
    assert dict(first.params) == {param.name: value for param, (_, value) in zip(event.params, values, strict=True)}
    assert dict(second.params) == {param.name: b"" if param.type.name == "BYTEBUF" else None for param in event.params}
    assert first.type in (event.name, "a\n\udcff") or event.name == "syscall"


def test_params_that_the_writer_did_not_know(tmp_path: Path) -> None:
    (found,) = params(tmp_path, scapforms.event(41 + 4, [b"\0" * 8]))
    assert found == {"res": 0, "fd": None, "level": None, "optname": None, "val": None, "optlen": None}


def test_system_calls_without_an_event_have_their_name(tmp_path: Path) -> None:
    path = write(tmp_path, scapforms.event(1, [b"\1\0", b"\1\0"]), scapforms.event(1, [b"\xff\xff", b"\1\0"]))
    with tiercel.open_capture(path) as capture:
        known, unknown = (event.type for event in capture)
    assert known != "syscall"
    assert unknown == "syscall"


def test_no_text(tmp_path: Path) -> None:
    """The text that old writers put where a program passed NULL."""
    (found,) = params(tmp_path, call("mkdir", 0, b"(NULL)\0", 0))
    assert found["path"] is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [("ppoll", b"\5\0"), ("ppoll", b"\1"), ("close", b"\0" * 7), ("close", b"\0" * 9)],
)
def test_values_of_a_wrong_size_are_left_out_and_counted(tmp_path: Path, kind: str, data: bytes) -> None:
    broken = call(kind, 0, data)
    with tiercel.open_capture(write(tmp_path, broken, DUMMY)) as capture:
        (event,) = capture
        assert (event.num, event.type) == (2, "close")
        assert capture.stats()["malformed"] == 1


def test_what_no_rule_sees_is_counted_and_left_out(tmp_path: Path) -> None:
    blocks = [
        call("useradded", 0, 0, "root", "/root", "/bin/sh", ""),
        scapforms.event(306, [b"\0" * 8, b"x\0", b"\0" * 4, b"\0" * 4]),
        scapforms.event(5, [b"\0" * 8, b"\3" * 8], flags=1),
        DUMMY,
    ]
    with tiercel.open_capture(write(tmp_path, *blocks)) as capture:
        assert [event.num for event in capture] == [4]


# --- Tables ---------------------------------------------------------------------------------------------------------


def test_tables(tmp_path: Path) -> None:
    blocks = [
        scapfile.machine("lab"),
        scapfile.interface4(b"\x0a\0\0\1", b"\xff\xff\0\0", "eth0"),
        scapfile.users([(0, 0, "root")], [(7, "wheel")]),
        scapfile.threads({"tid": 1, "comm": "systemd"}, {"tid": 100}),
        scapfile.files(100, (3, "/etc/passwd")),
        DUMMY,
    ]
    with tiercel.open_capture(write(tmp_path, *blocks)) as capture:
        assert capture.machine is not None
        assert capture.machine.hostname == "lab"
        assert [(interface.name, interface.addr) for interface in capture.interfaces] == [("eth0", b"\x0a\0\0\1")]
        assert capture.users == (tiercel.CaptureUser(0, 0, "root", "/home/root", "/bin/sh"),)
        assert capture.groups == (tiercel.CaptureGroup(7, "wheel"),)
        assert [(thread.tid, thread.comm) for thread in capture.threads] == [(1, "systemd"), (100, "init")]
        (file,) = capture.fds
        assert (file.tid, file.fd, file.type, file.name) == (100, 3, "file", "/etc/passwd")


def test_the_tables_follow_the_sections(tmp_path: Path) -> None:
    blocks = [scapfile.machine("one"), DUMMY, DUMMY, section(), scapfile.machine("two"), DUMMY]
    with tiercel.open_capture(write(tmp_path, *blocks)) as capture:
        names = []
        while True:
            assert capture.machine is not None
            name = capture.machine.hostname
            event = next(capture, None)
            if event is None:
                break
            names.append((event.num, name))
    assert names == [(1, "one"), (2, "one"), (3, "two")]


# --- Files ----------------------------------------------------------------------------------------------------------


def test_errors_come_after_the_events_before(tmp_path: Path) -> None:
    path = write(tmp_path, DUMMY, DUMMY, b"garbage that is no block")
    with tiercel.open_capture(path) as capture:
        assert next(capture).num == 1
        assert next(capture).num == 2
        for _ in range(2):
            with pytest.raises(tiercel.CaptureError) as caught:
                next(capture)
            assert caught.value.offset == len(section() + DUMMY * 2)
            assert caught.value.name == str(path)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(tiercel.SourceError) as missing:
        tiercel.open_capture(tmp_path / "missing")
    assert missing.value.code == "E701"
    with pytest.raises(tiercel.SourceError):
        tiercel.open_capture(tmp_path)
    (tmp_path / "text").write_text("no capture at all\n")
    with pytest.raises(tiercel.CaptureError, match="does not begin as a capture does") as wrong:
        tiercel.open_capture(tmp_path / "text")
    assert (wrong.value.code, wrong.value.hint) == ("E705", "captures are `.scap` files, plain or compressed by gzip")


def test_closing(tmp_path: Path) -> None:
    capture = tiercel.open_capture(write(tmp_path, DUMMY))
    before = held()
    capture.close()
    capture.close()
    assert (before - held()) == {str(tmp_path / "t.scap"): 1}
    with pytest.raises(ValueError, match="closed"):
        next(capture)


def test_standard_input(tmp_path: Path) -> None:
    path = write(tmp_path, DUMMY, DUMMY)
    code = "import tiercel; print([e.num for e in tiercel.open_capture('-')])"
    done = subprocess.run(
        [sys.executable, "-c", code], input=gzip.compress(path.read_bytes()), capture_output=True, check=True
    )
    assert done.stdout == b"[1, 2]\n"


# --- Published captures ---------------------------------------------------------------------------------------------


def captures(shared: Path) -> list[Path]:
    return sorted([*(shared / "spec/captures").rglob("*.scap"), *(shared / "peer/captures").glob("*.scap.gz")])


@pytest.mark.shared
def test_as_many_events_as_falco_shows(shared_dir: Path) -> None:
    manifest = json.loads((shared_dir / "peer/manifest.json").read_text())["captures"]
    counted, expected = {}, {}
    for name, about in manifest.items():
        if about["in"] == "share":
            expected[name] = about["events"]
            with tiercel.open_capture(shared_dir / "peer" / about["file"]) as capture:
                counted[name] = sum(1 for _ in capture)
    assert len(expected) == 20
    assert counted == expected


@pytest.mark.shared
def test_events_of_each_type_as_in_falcos_tests(shared_dir: Path) -> None:
    """Those of Falco's tests of captures whose files are here."""
    tests = json.loads((shared_dir / "spec/vectors/scap_files.json").read_text())["tests"]
    codes = {row["id"]: row["code"] for row in json.loads((shared_dir / "spec/events.json").read_text())}
    files = {path.name: path for path in captures(shared_dir)}
    checked = 0
    for test in tests:
        for opened, step in zip(test["steps"], test["steps"][1:], strict=False):
            path = files.get(opened.get("open_file", ""))
            if path is not None and ("event_counts" in step or "event_present" in step):
                checked += 1
                events = raw_events(path)
                seen = collections.Counter(event[2] for event in events)
                for name, count in step.get("event_counts", {}).items():
                    assert seen[codes[name]] == count, name
                if "event_present" in step:
                    assert present(step["event_present"], events)
    assert checked >= 3


def raw_events(path: Path) -> list[Any]:
    events = []
    with path.open("rb", buffering=0) as file:
        reader = ScapReader(file.fileno(), path.name)
        while (found := reader.read()) is not None:
            if found[0] == "event":
                events.append(found[1])
    return events


def present(expected: dict[str, Any], events: list[Any]) -> bool:
    types = next(event for event in EVENTS if event.code == expected["code"]).params
    values = tuple(
        bytes.fromhex(value["hex"])
        if isinstance(value, dict)
        else (value % (1 << 8 * param.type.size)).to_bytes(param.type.size, "little")
        for param, value in zip(types, expected["params"], strict=True)
    )
    return any(
        (event[0], event[1], event[2], event[5]) == (expected["ts"], expected["tid"], expected["code"], values)
        for event in events
    )


@pytest.mark.shared
def test_every_published_capture_is_read_to_its_end(shared_dir: Path) -> None:
    found = captures(shared_dir)
    assert len(found) >= 31
    for path in found:
        with tiercel.open_capture(path) as capture:
            assert sum(1 for _ in capture) > 0
            assert capture.machine is not None
            assert capture.threads
            stats = capture.stats()
        assert (stats["malformed"], stats["unknown_events"], stats["unknown_blocks"]) == (0, 0, 0), path
