# SPDX-License-Identifier: Apache-2.0
"""Params of captures in outputs, where the tables of the thread name the objects that they refer to."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from support import scapfile
from support.scapfile import START, call
from support.tasktable import socktuple

from tiercel import Ruleset, replay


def shown(folder: Path, *blocks: bytes, fields: tuple[str, ...], **settings: Any) -> list[dict[str, Any]]:
    """The fields of every event of a capture in which thread 100 has some files open."""
    output = " ".join(f"%{field}" for field in fields)
    text = f'- rule: all\n  desc: d\n  condition: evt.num > 0\n  output: "{output}"\n  priority: INFO\n'
    file = folder / "a.scap"
    file.write_bytes(scapfile.capture(scapfile.files(100, (3, "/etc/passwd"), (7, "/var/log")), *blocks))
    return [dict(alert.fields) for alert in replay(file, Ruleset.loads(text), **settings)]


def fdlist(*pairs: tuple[int, int]) -> bytes:
    return struct.pack("<H", len(pairs)) + b"".join(struct.pack("<qH", *pair) for pair in pairs)


@pytest.mark.parametrize(
    ("event", "args"),
    [
        (("dup2", 4, 3, 4), "res=4(<f>/etc/passwd) oldfd=3(<f>/etc/passwd) newfd=4(<f>/etc/passwd)"),
        (("dup2", -9, 99, 4), "res=-9(EBADF) oldfd=99 newfd=4"),
        (("sendfile", 5, 0, 7, 3, 9), "res=5 offset=0 out_fd=7(<f>/var/log) in_fd=3(<f>/etc/passwd) size=9"),
        (("kill", 0, 1, 9), "res=0 pid=1(init) sig=9(SIGKILL)"),
        (("kill", -3, 4711, 0), "res=-3(ESRCH) pid=4711 sig=0"),
        (("setreuid", 0, 1000, 0xFFFFFFFF), "res=0 ruid=1000(ann) euid=-1(<NONE>)"),
        (("setresgid", 0, 1000, 5, 0), "res=0 rgid=1000(ann) egid=5(<NA>) sgid=0(root)"),
        (("poll", 1, fdlist((3, 0x41), (9, 1)), 5), "res=1 fds=3:f41 9:?1 timeout=5"),
        (("unlink", 0, "x"), "res=0 path=x(/root/x)"),
        (("unlinkat", 0, 7, "x", 0), "res=0 dirfd=7(<f>/var/log) name=x(/var/log/x) flags=0"),
        (("unlinkat", 0, 8, "x", 0), "res=0 dirfd=8 name=x(x) flags=0"),
        (("unlink", 0, "(NULL)"), "res=0 path=<NA>"),
    ],
)
def test_what_the_tables_know(tmp_path: Path, event: tuple[Any, ...], args: str) -> None:
    (fields,) = shown(tmp_path, call(*event), fields=("evt.args",))
    assert fields["evt.args"] == args


def test_lists_of_descriptors(tmp_path: Path) -> None:
    fields = ("fdlist.nums", "fdlist.names", "fdlist.cips")
    (found,) = shown(tmp_path, call("poll", 1, fdlist((3, 1), (9, 1)), 5), fields=fields)
    assert found | {"evt.time": None} == {
        "evt.time": None,
        "fdlist.nums": "3,9",
        "fdlist.names": "/etc/passwd,<NA>",
        "fdlist.cips": None,
    }


def test_time_since_the_first_event_that_is_no_news_of_users(tmp_path: Path) -> None:
    news = call("useradded", 5, 5, "new", "/home/new", "/bin/sh", "", ts=START - 50)
    events = (call("kill", 0, 1, 9, ts=START), call("kill", 0, 1, 9, ts=START + 30))
    found = shown(tmp_path, news, *events, fields=("evt.num", "evt.reltime", "evt.deltatime"))
    assert [(f["evt.num"], f["evt.reltime"], f["evt.deltatime"]) for f in found] == [(2, 0, 0), (3, 30, 30)]


def test_outputs_that_differ_from_what_is_compared(tmp_path: Path) -> None:
    """Falco prints no `evt.type.is`, no time between events, and for missing data the rest of earlier data."""
    events = (
        call("read", 0, None, 3, 9),
        call("read", 9, b"\x01some data", 3, 4096),
        call("read", 0, None, 3, 9, ts=START + 5),
    )
    fields = ("evt.args", "evt.buffer", "evt.type.is.read", "evt.deltatime")
    as_falco = shown(tmp_path, *events, fields=fields, path_matching="requested")
    assert [found["evt.buffer"] for found in as_falco] == ["", "\x01some data", "NULL\0 data"]
    assert [(found["evt.type.is.read"], found["evt.deltatime"]) for found in as_falco] == [(None, 0)] * 3
    better = shown(tmp_path, *events, fields=fields)
    assert [found["evt.buffer"] for found in better] == [None, "\x01some data", None]
    assert [(found["evt.type.is.read"], found["evt.deltatime"]) for found in better] == [(1, 0), (1, 0), (1, 5)]


def test_the_machine_is_that_of_the_capture(tmp_path: Path) -> None:
    (found,) = shown(tmp_path, call("kill", 0, 1, 9), fields=("evt.hostname",))
    assert found["evt.hostname"] == "lab"


def test_networks(tmp_path: Path) -> None:
    fields = ("fd.cnet", "fd.snet", "fd.lnet", "fd.rnet")
    made = call("socket", 3, 2, 1, 6, 0)
    connected = call("connect", 0, socktuple("127.0.0.1", 4000, "127.0.0.1", 80), 3, None)
    before, after = shown(tmp_path, made, connected, fields=fields)[-2:]
    assert [before[field] for field in fields] == [None] * 4
    assert [after[field] for field in fields] == ["<IPNET>"] * 4
