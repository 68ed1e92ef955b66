# SPDX-License-Identifier: Apache-2.0
"""Values of the threads of a capture. Unknown values are empty, 0 or -1, as in Falco."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support import scapfile

from tiercel import Ruleset, replay

Shown = Callable[..., dict[str, Any]]
UNKNOWN = 2**64 - 1
BASH: Mapping[str, Any] = {"tid": 100, "comm": "bash", "env": b"", "sid": UNKNOWN, "vpgid": UNKNOWN}


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """A function: fields and threads of a capture go in, the fields of an event come out."""

    def run(
        fields: str, *threads: Mapping[str, Any], hostname: str = "lab", name: str = "kill", tid: int = 100
    ) -> dict[str, Any]:
        file = tmp_path / "a.scap"
        tables = scapfile.threads(*threads) if threads else b""
        call = scapfile.call(name, *((0, 100, 9) if name == "kill" else (5,)), tid=tid)
        blocks = (scapfile.section(), scapfile.machine(hostname), tables, call)
        file.write_bytes(b"".join(blocks))
        output = "x " + " ".join(f"%{field}" for field in fields.split())
        text = f"- {{rule: r, desc: d, condition: evt.type = {name}, output: '{output}', priority: INFO}}"
        (alert,) = replay(file, Ruleset.loads(text, name="r.yaml"), path_matching="requested")
        return {name: alert.fields[name] for name in fields.split()}

    return run


def test_unknown_values_of_a_known_thread(shown: Shown) -> None:
    found = shown("proc.sid proc.vpgid proc.sname proc.env thread.vmsize proc.is_exe_writable", BASH)
    assert list(found.values()) == [-1, -1, "", "", 0, False]


def test_an_event_without_thread_has_no_values(shown: Shown) -> None:
    found = shown(
        "proc.pid proc.name proc.ppid proc.nthreads proc.stdin.type user.uid user.name proc.cwd thread.ismain",
        name="switch",
        tid=55,
    )
    assert set(found.values()) == {None}


def test_the_machine_is_the_recorded_one(shown: Shown) -> None:
    assert shown("evt.hostname", BASH, hostname="far") == {"evt.hostname": "far"}
    assert shown("evt.hostname", BASH, hostname="") == {"evt.hostname": None}


def test_threads_are_counted_from_the_table(shown: Shown) -> None:
    second = {**BASH, "tid": 101, "pid": 100}
    found = shown("proc.nthreads proc.nchilds thread.ismain", BASH, second)
    assert list(found.values()) == [2, 1, True]
    assert shown("thread.ismain", BASH, second, tid=101) == {"thread.ismain": False}


def test_a_parent_is_found_by_its_id(shown: Shown) -> None:
    parent = {"tid": 7, "comm": "sshd"}
    found = shown("proc.ppid proc.pname proc.apid[1] proc.pvpid", {**BASH, "ptid": 7}, parent)
    assert list(found.values()) == [7, "sshd", 7, 7]


def test_a_thread_is_found_by_the_id_in_a_param(shown: Shown) -> None:
    assert shown("evt.arg.pid", BASH) == {"evt.arg.pid": "bash"}
