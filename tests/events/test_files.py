# SPDX-License-Identifier: Apache-2.0
"""The kernel's object of the descriptor of an event: the ``file`` of its header, and ``fd.*``."""

from __future__ import annotations

import os
import signal
import struct
from pathlib import Path
from typing import Any

import pytest
from support import native
from support.calls import OWN_PID, call
from support.expect import device, inode
from support.falco import AT_FDCWD
from support.recorder import Live, Recorded

READ = os.O_RDONLY


def on_disk(path: str | Path, kind: str = "file") -> dict[str, Any]:
    """The file of an event that works on ``path``."""
    return {
        "type": kind,
        "ino": inode(path),
        "dev": device(path),
        "path": os.fspath(path),
        "deleted": False,
        "upper_layer": False,
        "lower_layer": False,
    }


def only(events: list[Recorded]) -> Recorded:
    (event,) = events
    return event


@pytest.fixture
def there(tmp_path: Path) -> Path:
    path = tmp_path / "there"
    path.touch()
    return path


def test_opened_file(live: Live, there: Path) -> None:
    run = live.run(made := call("open", there, READ, 0))
    event = only(run.events("open"))
    assert event.file == on_disk(there)
    assert (event.fields["fd.num"], event.fields["fd.name"]) == (made.ret, str(there))


def test_opened_directory(live: Live, tmp_path: Path) -> None:
    run = live.run(call("openat", AT_FDCWD, tmp_path, READ, 0))
    assert only(run.events("openat")).file == on_disk(tmp_path, "directory")


def test_opened_device(live: Live) -> None:
    run = live.run(call("open", "/dev/null", READ, 0))
    assert only(run.events("open")).file == on_disk("/dev/null")


def test_failed_open(live: Live, tmp_path: Path) -> None:
    run = live.run(call("open", tmp_path / "missing", READ, 0))
    assert only(run.events("open")).file is None


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("fchmod", (0o600,)),
        ("fchown", (1, 1)),
        ("finit_module", ("", 0)),
        ("dup", ()),
        ("dup2", (77,)),
        ("dup3", (77, 0)),
    ],
)
def test_call_on_a_descriptor(live: Live, there: Path, name: str, args: tuple[Any, ...]) -> None:
    run = live.run(file := call("open", there, READ, 0), call(name, file, *args))
    assert only(run.events(name)).file == on_disk(there)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("unlinkat", ("there", 0)),
        ("mkdirat", ("new", 0o700)),
        ("fchmodat", ("there", 0o600)),
        ("fchownat", ("there", 1, 1, 0)),
    ],
)
@pytest.mark.usefixtures("there")
def test_call_below_a_directory(live: Live, tmp_path: Path, name: str, args: tuple[Any, ...]) -> None:
    run = live.run(directory := call("open", tmp_path, READ, 0), call(name, directory, *args))
    assert only(run.events(name)).file == on_disk(tmp_path, "directory")


def test_link_below_a_directory(live: Live, tmp_path: Path) -> None:
    run = live.run(directory := call("open", tmp_path, READ, 0), call("symlinkat", "target", directory, "link"))
    assert only(run.events("symlinkat")).file == on_disk(tmp_path, "directory")


def test_call_below_the_current_directory(live: Live, there: Path) -> None:
    """AT_FDCWD is no descriptor."""
    run = live.run(call("unlinkat", AT_FDCWD, "there", 0), cwd=there.parent)
    assert only(run.events("unlinkat")).file is None


def test_removed_file(live: Live, there: Path) -> None:
    run = live.run(file := call("open", there, READ, 0), call("unlink", there), call("fchmod", file, 0o600))
    event = only(run.events("fchmod"))
    assert (event.file["path"], event.file["deleted"]) == (str(there), True)
    assert event.file["ino"] == run.events("open")[0].params["ino"]


def test_renamed_file(live: Live, there: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    run = live.run(file := call("open", there, READ, 0), call("rename", there, new), call("fchmod", file, 0o600))
    assert only(run.events("fchmod")).file == on_disk(new)


def test_memory_file(live: Live) -> None:
    run = live.run(file := call("memfd_create", "payload", 0), call("fchmod", file, 0o600))
    for event in (only(run.events("memfd_create")), only(run.events("fchmod"))):
        assert (event.file["type"], event.file["path"]) == ("memfd", "memfd:payload")


def test_map(live: Live) -> None:
    attr = native.map_attr(2, 4, 8, 1)
    run = live.run(call("bpf", native.BPF_MAP_CREATE, attr, len(attr)))
    event = only(run.events("bpf"))
    assert (event.file["type"], event.file["path"]) == ("bpf", None)


def test_namespace(live: Live) -> None:
    run = live.run(file := call("open", "/proc/self/ns/uts", READ, 0), call("setns", file, 0))
    event = only(run.events("setns"))
    assert event.file["path"] == os.readlink("/proc/self/ns/uts")
    assert event.file["ino"] == inode("/proc/self/ns/uts")


def test_named_pipe(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    run = live.run(call("open", path, os.O_RDWR, 0))
    assert only(run.events("open")).file == on_disk(path, "pipe")


def test_pipe(live: Live) -> None:
    event = only(live.run(call("dup", 0)).events("dup"))
    assert (event.file["type"], event.file["path"]) == ("pipe", None)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("event", ("eventfd2", 0, 0)),
        ("eventpoll", ("epoll_create1", 0)),
        ("signalfd", ("signalfd4", -1, struct.pack("=Q", 1 << (signal.SIGUSR1 - 1)), 8, 0)),
        ("timerfd", ("timerfd_create", 1, 0)),
        ("inotify", ("inotify_init1", 0)),
        ("pidfd", ("pidfd_open", OWN_PID, 0)),
    ],
)
def test_kinds_without_a_path(live: Live, kind: str, make: tuple[Any, ...]) -> None:
    made = call(*make)
    run = live.run(made, call("dup", made))
    assert made.ret >= 0
    event = only(run.events("dup"))
    assert (event.file["type"], event.file["path"]) == (kind, None)
    assert event.fields["fd.type"] == kind
