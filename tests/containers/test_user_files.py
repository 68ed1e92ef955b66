# SPDX-License-Identifier: Apache-2.0
"""Users and groups of a process with files of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support import live

from tiercel.containers.user_files import host_proc, read_inside

PASSWD = b"""root:x:0:0:root:/root:/bin/bash
me:x:1000:1000::/home/me:
# no entry
+nis
other:x:1000:5:second of the same number:/:/bin/sh
big:x:4294967296:0::/:
short:x:7
"""


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Callable[[], tuple[int, int]]]:
    """Starts a process with ``tmp_path/root`` for its root, in a mount namespace of its own: its id and start."""
    live.gate(live.root_problem())
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    with ExitStack() as started:

        def start() -> tuple[int, int]:
            code = "import os, sys; os.chroot(sys.argv[1]); os.write(1, b'x'); sys.stdin.read()"
            command = ["unshare", "-m", "--propagation", "unchanged", sys.executable, "-c", code, str(root)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            started.callback(process.communicate)
            assert process.stdout
            assert process.stdout.read(1) == b"x"
            ticks = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
            return process.pid, ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))

        yield start


def test_names_inside(tmp_path: Path, inside: Callable[[], tuple[int, int]]) -> None:
    etc = tmp_path / "root/etc"
    (etc / "passwd").write_bytes(PASSWD + b"+trick:x:5:5::/:\n" + b"n" * 257 + b":x:6:6::/:\n")
    (etc / "real").write_bytes(b"group:x:100:\n")
    (etc / "group").symlink_to("/etc/real")  # below the process's root
    pid, start_ns = inside()
    assert read_inside(pid, start_ns) == (
        {0: b"root", 1000: b"me", 7: b"short"},
        {0: b"/root", 1000: b"/home/me"},
        {0: b"/bin/bash", 1000: b""},
        {100: b"group"},
    )


def test_what_a_container_cannot_trick_us_into(tmp_path: Path, inside: Callable[[], tuple[int, int]]) -> None:
    etc = tmp_path / "root/etc"
    os.mkfifo(etc / "passwd")
    (etc / "group").symlink_to("../../../../../etc/group")
    pid, start_ns = inside()
    before = time.monotonic()
    assert read_inside(pid, start_ns) == ({}, {}, {}, {})
    assert time.monotonic() - before < 5


def test_files_are_read_up_to_a_size(tmp_path: Path, inside: Callable[[], tuple[int, int]]) -> None:
    line = b"filler:x:1:1::/:\n"
    big = b"first:x:5:5::/:\n" + line * (1 + (1 << 20) // len(line)) + b"last:x:6:6::/:\n"
    (tmp_path / "root/etc/passwd").write_bytes(big)
    pid, start_ns = inside()
    found = read_inside(pid, start_ns)
    assert found is not None
    assert (found[0][5], 6 in found[0]) == (b"first", False)


def test_another_process_under_the_same_number(inside: Callable[[], tuple[int, int]]) -> None:
    pid, start_ns = inside()
    assert read_inside(pid, start_ns) == ({}, {}, {}, {})
    with pytest.raises(ProcessLookupError):
        read_inside(pid, start_ns + 1_000_000_000)


FOR_EVER = 1 << 60


def test_a_process_with_our_own_files_may_get_others_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    start_ns = ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))
    monkeypatch.setattr("tiercel.containers.user_files._YOUNG_NS", FOR_EVER)
    assert read_inside(os.getpid(), start_ns) is None
    monkeypatch.setattr("tiercel.containers.user_files._YOUNG_NS", 0)
    found = read_inside(os.getpid(), start_ns)
    assert found is not None
    assert found.users[0] == b"root"
    with pytest.raises(OSError):
        read_inside(2**22 + 1, 0)


def test_a_mount_namespace_alone_is_not_yet_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine's process is in there for a moment, before it changes its root."""
    monkeypatch.setattr("tiercel.containers.user_files._YOUNG_NS", FOR_EVER)
    code = "import os, sys; os.write(1, b'x'); sys.stdin.read()"
    command = ["unshare", "-m", "--propagation", "unchanged", sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.read(1) == b"x"
        ticks = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
        assert read_inside(process.pid, ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))) is None
        process.communicate()


def test_where_processes_have_the_hosts_numbers(tmp_path: Path) -> None:
    assert host_proc() in ("/proc", None)
    (tmp_path / "proc/1/ns").mkdir(parents=True)
    (tmp_path / "proc/1/ns/pid").touch()
    assert host_proc(str(tmp_path)) in ("/proc", None)
