# SPDX-License-Identifier: Apache-2.0
"""``fd.*`` of the file and the socket themselves, and ``fs.path.*`` as programs passed them."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import PID, checking, event, read

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable

FILE = {"type": "file", "flags": 8, "dev": 0x123456, "ino": 77, "path": "/x"}
NUMBERS = ("fd.dev", "fd.dev.major", "fd.dev.minor", "fd.ino")
LAYERS = ("fd.is_upper_layer", "fd.is_lower_layer")


def chmodded(**changes: Any) -> bytes:
    return event("fchmod", {"res": 0, "fd": 3, "mode": 0}, file={**FILE, **changes})


def test_device_and_inode() -> None:
    assert read(chmodded(), *NUMBERS) == (0x123456, 0x234, 0x156, 77)
    assert read(chmodded(dev=0xABC2_3456), *NUMBERS)[1:3] == (0x234, 0xABC56)
    assert read(chmodded(type="pipe"), *NUMBERS) == (0, 0, 0, 77)
    assert read(chmodded(flags=0), *NUMBERS) == (None,) * 4
    assert read(event("kill"), *NUMBERS, *LAYERS, "fd.uid", "fd.sockfamily", "fd.nameraw") == (None,) * 9


def test_layers() -> None:
    assert read(chmodded(), *LAYERS) == (False, False)
    assert read(chmodded(flags=8 | 1), *LAYERS) == (True, False)
    assert read(chmodded(flags=8 | 2), *LAYERS) == (False, True)


def test_thread_and_number_in_one() -> None:
    assert read(chmodded(), "fd.uid") == f"{PID}3"
    assert read(event("openat", {"fd": -2, "name": "/x"}), "fd.uid") == f"{PID}-1"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("ipv4", "ip"), ("ipv6", "ip"), ("ipv4_server", "ip"), ("ipv6_server", "ip"), ("unix", "unix"), ("pipe", None)],
)
def test_families(kind: str, expected: str | None) -> None:
    assert read(chmodded(type=kind), "fd.sockfamily") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a//b/../c///", "a/b/../c/"), ("///", "/"), ("/x", "/x"), ("", "")],
)
def test_the_path_that_was_passed(name: str, expected: str) -> None:
    for call in ("open", "openat", "openat2", "creat"):
        assert read(event(call, {"fd": 3, "name": {"name": name, "base": "/"}}), "fd.nameraw") == expected
    assert read(chmodded(), "fd.nameraw") is None


def test_directories_of_descriptors_that_are_not_known() -> None:
    assert read(event("openat", {"fd": -2, "dirfd": -100, "name": "/etc/x"}), "fd.directory") == "/etc"
    assert read(event("openat", {"fd": -2, "dirfd": -100, "name": "/x"}), "fd.directory") == "/"
    assert read(event("fchmod", {"res": -9, "fd": 9}), "fd.directory") == "/"
    assert read(chmodded(type="pipe"), "fd.directory") is None


# --- Sockets ----------------------------------------------------------------------------------------------------------

TCP = {"type": "ipv4", "l4proto": "tcp", "role": "client", "sip": "10.0.0.1", "sport": 4000, "dip": "10.1.0.2"}


@pytest.mark.parametrize(
    ("field", "network", "expected"),
    [
        ("fd.cnet", (10, 0), True),
        ("fd.cnet", (10, 1), False),
        ("fd.snet", (10, 1), True),
        ("fd.lnet", (10, 0), True),
        ("fd.rnet", (10, 1), True),
        ("fd.rnet", (10, 0), False),
    ],
)
def test_networks_of_one_end(field: str, network: tuple[int, int], expected: bool) -> None:
    program = RuleProgram(checking(field, "eq", (bytes((*network, 0, 0)), 16)))
    record = event("connect", {"res": 0, "fd": 3}, file={**TCP, "dport": 80, "flags": 8})
    assert bool(Evaluator(program, ProcessTable()).feed(record)) is expected
    assert not Evaluator(program, ProcessTable()).feed(event("kill"))


@pytest.mark.parametrize(("port", "expected"), [(4000, True), (80, True), (81, False)])
def test_ports_by_their_other_name(port: int, expected: bool) -> None:
    record = event("connect", {"res": 0, "fd": 3}, file={**TCP, "dport": 80, "flags": 8})
    assert bool(Evaluator(RuleProgram(checking("fd.proto", "eq", port)), ProcessTable()).feed(record)) is expected


def test_ports_as_text() -> None:
    fields = ("fd.cproto", "fd.sproto", "fd.lproto", "fd.rproto")
    record = event("connect", {"res": 0, "fd": 3}, file={**TCP, "dport": 80, "flags": 8})
    assert read(record, *fields) == ("4000", "80", "4000", "80")
    listening = {"type": "ipv4_server", "l4proto": "tcp", "role": "server", "dip": "0.0.0.0", "dport": 22, "flags": 8}
    assert read(event("listen", {"res": 0, "fd": 3}, file=listening), *fields) == ("", "", None, None)
    assert read(event("socket", {"fd": 3}, file={"type": "ipv4", "flags": 8}), *fields) == (None,) * 4


# --- Paths as they were passed ----------------------------------------------------------------------------------------

RAW = ("fs.path.nameraw", "fs.path.sourceraw", "fs.path.targetraw")
PASSED = {"name": "a/../b", "base": "/tmp", "real": "/tmp/b"}


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("mkdir", {"res": 0, "path": PASSED}, ("a/../b", None, None)),
        ("unlinkat", {"res": 0, "dirfd": 5, "name": PASSED}, ("a/../b", None, None)),
        ("openat", {"fd": 3, "dirfd": 5, "name": PASSED, "flags": 1}, ("a/../b", None, None)),
        ("openat", {"fd": -1, "dirfd": 5, "name": PASSED, "flags": 1}, (None, None, None)),
        ("fchownat", {"res": 0, "dirfd": 5, "pathname": PASSED}, ("a/../b", None, None)),
        ("creat", {"fd": 3, "name": PASSED}, (None, None, None)),
        ("mkdir", {"res": -13, "path": PASSED}, (None, None, None)),
        ("rename", {"res": 0, "oldpath": PASSED, "newpath": "n"}, (None, "a/../b", "n")),
        ("link", {"res": 0, "oldpath": PASSED, "newpath": "n"}, (None, "n", "a/../b")),
        ("symlink", {"res": 0, "target": "../t", "linkpath": PASSED}, (None, "a/../b", "../t")),
        ("symlinkat", {"res": 0, "target": "", "linkdirfd": 5, "linkpath": PASSED}, (None, "a/../b", "")),
        ("mount", {"res": 0, "dev": "tmpfs", "dir": PASSED, "type": "tmpfs"}, (None, "tmpfs", "a/../b")),
        ("kill", {"res": 0}, (None, None, None)),
    ],
)
def test_raw_paths(name: str, params: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert read(event(name, params), *RAW) == expected


def test_the_raw_path_of_a_descriptor_is_its_name() -> None:
    assert read(chmodded(), *RAW) == ("/x", None, None)
