# SPDX-License-Identifier: Apache-2.0
"""``fd.*`` and ``fs.path.*`` of captures, as rules print them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import scapfile

from tiercel import Ruleset, replay
from tiercel.schema.wire import sockaddr, socktuple, unix_tuple

PLACE = "/home/ann"


@pytest.fixture
def shown(tmp_path: Path) -> Any:
    """A function: calls (name and values each) and fields go in, the fields of the last call come out."""

    def run(*calls: tuple[Any, ...], fields: str, condition: str = "evt.num > 0") -> dict[str, Any]:
        file = tmp_path / "a.scap"
        events = [scapfile.call(*call, ts=scapfile.START + at) for at, call in enumerate(calls)]
        tables = scapfile.threads({"tid": 100, "comm": "bash", "cwd": PLACE + "/"})
        loopback = scapfile.interface4(bytes([127, 0, 0, 1]), bytes([255, 0, 0, 0]), "lo")
        file.write_bytes(b"".join((scapfile.section(), scapfile.machine(), loopback, tables, *events)))
        words = " ".join(f"%{field}" for field in fields.split())
        rules = Ruleset.loads(
            f"- {{rule: r, desc: d, condition: '{condition}', output: 'x {words}', priority: INFO}}", name="r.yaml"
        )
        *_, last = replay(file, rules, path_matching="requested")
        return {name: last.fields[name] for name in fields.split()}

    return run


def test_a_failed_open(shown: Any) -> None:
    found = shown(
        ("openat", -2, -100, "a//b/../c", 1, 0, 0, 0),
        fields="fd.num fd.name fd.nameraw fd.typechar fd.type fd.directory fd.filename fs.path.name",
    )
    assert list(found.values()) == [-1, f"{PLACE}/a/c", "a/b/../c", "f", None, f"{PLACE}/a", None, "<UNKNOWN>"]


def test_an_unknown_descriptor(shown: Any) -> None:
    found = shown(
        ("read", 1, b"x", 9, 1), fields="fd.num fd.name fd.nameraw fd.typechar fd.type fd.directory fd.dev fd.connected"
    )
    assert list(found.values()) == [9, "", "", "o", None, "/", None, None]


def test_a_closed_descriptor(shown: Any) -> None:
    found = shown(
        ("openat", 3, -100, "/a/b", 1, 0, 0xFE00, 7),
        ("close", 0, 3),
        fields="fd.name fd.filename fd.dev fd.dev.major fd.ino fd.uid fd.name_changed fd.nameraw",
    )
    assert list(found.values()) == ["/a/b", "b", 0xFE00, 254, 7, "1003", False, "/a/b"]


def test_a_connection(shown: Any) -> None:
    found = shown(
        ("socket", 3, 2, 1, 0, 0),
        ("connect", 0, socktuple(("127.0.0.1", 5000), ("127.0.0.1", 80)), 3, sockaddr("127.0.0.1", 80)),
        fields="fd.name fd.type fd.l4proto fd.cport fd.sport fd.is_server fd.connected fd.name_changed fd.types",
    )
    name = "127.0.0.1:5000->127.0.0.1:80"
    assert list(found.values()) == [name, "ipv4", "tcp", 5000, 80, True, True, True, ["ipv4"]]


def test_the_near_end_is_found_by_its_address(shown: Any) -> None:
    found = shown(
        ("socket", 3, 2, 1, 0, 0),
        ("connect", 0, socktuple(("10.0.0.5", 5000), ("127.0.0.1", 80)), 3, sockaddr("127.0.0.1", 80)),
        fields="fd.lip fd.rip fd.lport fd.rport fd.is_server",
    )
    assert list(found.values()) == ["127.0.0.1", "10.0.0.5", 80, 5000, True]


def test_a_fresh_socket(shown: Any) -> None:
    found = shown(
        ("socket", 3, 2, 1, 0, 0), fields="fd.name fd.type fd.typechar fd.l4proto fd.sockfamily fd.cip fd.sport"
    )
    assert list(found.values()) == ["", "ipv4", "4", "<NA>", "ip", None, None]


def test_a_failed_accept(shown: Any) -> None:
    found = shown(("accept", -22, None, 0, 0, 0), fields="fd.num fd.name fd.nameraw fd.typechar")
    assert list(found.values()) == [-1, "NULL", "NULL", "4"]


@pytest.mark.parametrize(
    ("call", "letter"),
    [
        (("pipe", -24, 0, 0, 0), "o"),
        (("eventfd2", -24, 0, 0), "e"),
        (("signalfd4", -24, 0, -1, 0), "s"),
        (("timerfd_create", -24, 1, 0), "t"),
        (("inotify_init1", -24, 0), "i"),
        (("socket", -24, 17, 1, 0, 0), "4"),
        (("memfd_create", -24, "m", 0), "?"),
        (("socket", 3, 17, 1, 0, 0), "o"),
    ],
)
def test_kinds_in_one_character(shown: Any, call: tuple[Any, ...], letter: str) -> None:
    expected = "p" if call[0] == "pipe" else letter
    assert shown(call, fields="fd.typechar")["fd.typechar"] == expected


def test_unix_sockets(shown: Any) -> None:
    found = shown(
        ("socket", 3, 1, 1, 0, 0),
        ("connect", 0, unix_tuple(1, 2, "/run/s"), 3, b"\1/run/s\0"),
        fields="fd.type fd.sockfamily fd.connected fd.l4proto",
    )
    assert list(found.values()) == ["unix", "unix", True, "<NA>"]


def test_poll(shown: Any) -> None:
    polled = b"\x02\x00" + (3).to_bytes(8, "little") + b"\1\0" + (9).to_bytes(8, "little") + b"\1\0"
    found = shown(
        ("openat", 3, -100, "/a", 1, 0, 0, 0), ("poll", 1, polled, 5), fields="fdlist.nums fdlist.names fdlist.cips"
    )
    assert list(found.values()) == ["3,9", "/a,<NA>", None]


@pytest.mark.parametrize(
    ("calls", "paths"),
    [
        ((("mkdir", 0, "a/../b", 0),), (f"{PLACE}/b", "a/../b", None, None)),
        ((("mkdirat", 0, -100, "b", 0),), ("<UNKNOWN>b", "b", None, None)),
        ((("openat", 3, -100, "/d", 0x401, 0, 0, 0), ("mkdirat", 0, 3, "b", 0)), ("/d/b", "b", None, None)),
        ((("openat", 3, -100, "/d", 1, 0, 0, 0), ("mkdirat", 0, 3, "b", 0)), ("<UNKNOWN>b", "b", None, None)),
        ((("openat", 3, -100, "/d", 0x401, 0, 0, 0), ("openat", 4, 3, "b", 1, 0, 0, 0)), ("/d/b", "b", None, None)),
        ((("renameat", 0, 9, "a", 9, "b"),), (None, None, f"{PLACE}/a", f"{PLACE}/b")),
        ((("symlink", 0, "../t", "l"),), (None, None, f"{PLACE}/l", "/home/t")),
        ((("symlinkat", 0, "../t", -100, "/l"),), (None, None, "/l", "<UNKNOWN>../t")),
        ((("mount", 0, "tmpfs", "/m", "tmpfs", 0),), (None, None, f"{PLACE}/tmpfs", "/m")),
        ((("mount", 0, None, "/m", None, 0),), (None, None, f"{PLACE}/<NA>", "/m")),
        ((("mkdir", -17, "a", 0),), (None, None, None, None)),
        ((("quotactl", 0, "dev"),), (f"{PLACE}/dev", "dev", None, None)),
    ],
)
def test_paths(shown: Any, calls: tuple[Any, ...], paths: tuple[Any, ...]) -> None:
    found = shown(*calls, fields="fs.path.name fs.path.nameraw fs.path.source fs.path.target")
    assert tuple(found.values()) == paths


def test_asking_for_the_absolute_path_turns_to_the_directory(shown: Any) -> None:
    calls = (("openat", 3, -100, "/d", 0x401, 0, 0, 0), ("openat", 4, 3, "b", 1, 0, 0, 0))
    assert shown(*calls, fields="fd.name")["fd.name"] == "/d/b"
    found = shown(*calls, fields="fd.name fd.type fd.num", condition="evt.abspath = /d/b")
    assert list(found.values()) == ["/d", "directory", 4]
