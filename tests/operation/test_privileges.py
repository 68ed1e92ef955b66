# SPDX-License-Identifier: Apache-2.0
"""Reduction of capabilities, in a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.live import REPOSITORY, gate

from tiercel import Config, ConfigError, KernelError
from tiercel.operation import privileges
from tiercel.operation.privileges import NEEDED, Status, drop_privileges, status
from tiercel.schema.numbers import CAPABILITIES

_BITS = {name: bit for bit, name in CAPABILITIES.items()}
_PAGE = REPOSITORY / "docs/howto/operate.md"

_CHILD = """
import json, os, subprocess, sys, threading
from tiercel.operation.privileges import drop_privileges, status

early = threading.Event()
threading.Thread(target=early.wait, daemon=True).start()
reduced = drop_privileges(sys.argv[1:])
later = []
thread = threading.Thread(target=lambda: later.append(status()))
thread.start()
thread.join()
shown = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
early.set()
try:
    os.chown(os.open(".", os.O_TMPFILE | os.O_RDWR), 1, 1)
    chowns = True
except PermissionError:
    chowns = False
print(json.dumps([reduced.kept, reduced.others, later[0].permitted, later[0].no_new_privileges, chowns, shown]))
"""


def _bits(names: list[str]) -> int:
    return sum(1 << _BITS[name] for name in names)


def _reduced(*keep: str, folder: Path) -> tuple[list[str], list[str], int, bool, bool, dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *keep], capture_output=True, text=True, check=False, timeout=60, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    kept, others, later, no_new, chowns, shown = json.loads(done.stdout)
    values = dict(line.partition(":\t")[::2] for line in shown.splitlines())
    return kept, others, later, no_new, chowns, values


def test_a_child_has_no_more_than_the_needed_capabilities(tmp_path: Path) -> None:
    gate(None if os.geteuid() == 0 else "only root has capabilities to drop")
    had = status().permitted
    kept, others, later, no_new, chowns, shown = _reduced(folder=tmp_path)
    assert kept == [name for name in _BITS if name in NEEDED and had >> _BITS[name] & 1]
    assert later == _bits(kept)
    assert no_new
    assert not chowns
    assert int(shown["CapEff"], 16) == int(shown["CapPrm"], 16) == _bits(kept)
    assert int(shown["CapBnd"], 16) & ~_bits(list(NEEDED)) == 0
    assert int(shown["CapAmb"], 16) == int(shown["CapInh"], 16) == 0
    assert shown["NoNewPrivs"] == "1"
    assert others == ["python"] or others[0].startswith("python")  # the thread that began before


def test_further_capabilities(tmp_path: Path) -> None:
    gate(None if os.geteuid() == 0 else "only root has capabilities to drop")
    kept, _, later, _, chowns, _ = _reduced("CAP_CHOWN", folder=tmp_path)
    assert chowns
    assert set(kept) - set(NEEDED) == {"CAP_CHOWN"}
    assert later >> _BITS["CAP_CHOWN"] & 1


@pytest.mark.parametrize(
    ("had", "kept"),
    [
        (("CAP_SYS_ADMIN", "CAP_CHOWN"), ("CAP_SYS_ADMIN",)),  # it stands for CAP_BPF and CAP_PERFMON
        (("CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN"), ("CAP_PERFMON", "CAP_BPF")),
        ((), ()),
    ],
)
def test_the_kept_set(monkeypatch: pytest.MonkeyPatch, had: tuple[str, ...], kept: tuple[str, ...]) -> None:
    found = [Status(_bits(list(had)), 0, False), Status(_bits(list(kept)), 0, True)]
    calls: list[Any] = []
    monkeypatch.setattr(privileges, "status", lambda thread="": found.pop(0) if found else Status(0, 0, True))
    monkeypatch.setattr(privileges, "_call", lambda libc, name, *args: calls.append((name, args)))
    assert drop_privileges().kept == kept
    assert calls[-1][0] == "capset"


def test_a_kernel_that_drops_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "status", lambda thread="": Status(_bits(["CAP_CHOWN"]), 0, True))
    monkeypatch.setattr(privileges, "_call", lambda *_: None)
    with pytest.raises(KernelError, match="did not drop") as caught:
        drop_privileges()
    assert caught.value.code == "E401"


def test_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(thread: str = "") -> Status:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(privileges, "status", absent)
    with pytest.raises(KernelError, match="/proc/thread-self/status") as caught:
        drop_privileges()
    assert caught.value.code == "E401"


def test_the_status_of_another_thread() -> None:
    assert status(f"self/task/{threading.get_native_id()}") == status()


def test_the_keys() -> None:
    config = Config.load(
        options=["privileges.drop=true", "privileges.keep[]=dac_override", "privileges.keep[]=CAP_KILL"]
    )
    assert config.privileges.drop
    assert config.privileges.keep == ("CAP_DAC_OVERRIDE", "CAP_KILL")
    with pytest.raises(ConfigError, match=r"privileges\.keep"):
        Config.load(options=["privileges.keep[]=CAP_EVERYTHING"])


def test_the_page_has_the_table() -> None:
    text = _PAGE.read_text()
    for name, use in NEEDED.items():
        assert f"| `{name}` | {use} |\n" in text
