# SPDX-License-Identifier: Apache-2.0
"""Texts that are no texts survive: names and arguments with every byte that the kernel allows, as long as it allows.

They come from the live kernel, from a recording of it, and from captures of others; an alert is one line of valid
UTF-8 whatever it shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import scapfile
from support.scapfile import call

import tiercel

NAMES = (
    *(b"new\nline", b"\x1b[31mred\x1b[0m", b"not \xff\xfe utf-8", b"\x01\x02\x7f\xc2\x85", b"tab\tquote\"'\\"),
    *("\u202eright to left\u2028".encode(), b"n" * 255, b"\xed\xa0\x80", b"%s %n {}"),
)
ARGUMENTS = (*NAMES, b"", b" ", b"x" * 3000)

RULES = tiercel.Ruleset.loads("""
- rule: Opened
  desc: d
  condition: evt.type = openat and fd.name contains texts-dir and evt.rawres >= 0
  output: "%fd.name | %evt.arg.name | %evt.args"
  priority: INFO
- rule: Started
  desc: d
  condition: evt.type = execve and evt.rawres = 0 and proc.args startswith texts-mark
  output: "%proc.cmdline | %proc.args | %proc.exe | %evt.args"
  priority: INFO
""")


def assert_clean(alert: tiercel.Alert) -> None:
    """Both forms of the alert are one line of UTF-8."""
    for line in (alert.to_json(), str(alert)):
        line.encode("utf-8")
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in line)
        assert not set(line) & set("\u2028\u2029\u202e")
    json.loads(alert.to_json())


LONGEST = 4095
"""Bytes of the longest path that the kernel takes."""

PROGRAM = """
import os, resource, sys
limit = resource.getrlimit(resource.RLIMIT_STACK)[1]
resource.setrlimit(resource.RLIMIT_STACK, (limit, limit))  # arguments may take a quarter of it
folder, *names = map(os.fsencode, sys.argv[1:])
for name in names:
    os.close(os.open(folder + b"/" + name, os.O_CREAT | os.O_WRONLY))
longest = folder + b"/./" + b"/" * (4095 - len(folder) - 3 - 255) + b"n" * 255
os.close(os.open(longest, os.O_WRONLY))
os.execve("/bin/true", [b"true", b"texts-mark", *names, *([b"y" * 100_000] * 21)], {})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "texts-dir"
    path.mkdir()
    return path


def run_program(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, str(folder), *map(os.fsdecode, NAMES)], check=True)


def check(alerts: list[tiercel.Alert], folder: Path) -> None:
    """All names were seen, byte for byte, and the arguments as far as they fit."""
    opened = [os.fsencode(alert.fields["fd.name"]) for alert in alerts if alert.rule == "Opened"]
    requested = [os.fsencode(alert.fields["evt.arg.name"]) for alert in alerts if alert.rule == "Opened"]
    assert opened == [os.fsencode(folder) + b"/" + name for name in (*NAMES, b"n" * 255)]
    assert requested[:-1] == opened[:-1]
    assert len(requested[-1]) == LONGEST
    (started,) = (alert for alert in alerts if alert.rule == "Started")
    args = os.fsencode(started.fields["proc.args"])
    assert args.startswith(b"texts-mark " + b" ".join(NAMES) + b" yyy")
    for alert in alerts:
        assert_clean(alert)


@pytest.mark.kernel
def test_live(folder: Path) -> None:
    found: list[tiercel.Alert] = []
    with tiercel.Sensor(RULES, scope=tiercel.Scope.tree(os.getpid()), on_alert=found.append) as sensor:
        run_program(folder)
        assert sensor.stats().lossless
    check(found, folder)


@pytest.mark.kernel
def test_recorded(folder: Path, tmp_path: Path) -> None:
    capture = tmp_path / "a.scap"
    command = [sys.executable, "-m", "tiercel", "record", str(capture), "--", sys.executable, "-c", PROGRAM]
    subprocess.run([*command, str(folder), *map(os.fsdecode, NAMES)], check=True, capture_output=True)
    check(list(tiercel.replay(capture, RULES)), folder)


# --- Captures of others -----------------------------------------------------------------------------------------------


def replayed(path: Path, *blocks: bytes) -> list[tiercel.Alert]:
    path.write_bytes(scapfile.capture(*blocks))
    return list(tiercel.replay(path, RULES))


@pytest.mark.parametrize("name", [*NAMES, b"d/" * 2000 + b"e" * 83])
def test_names_in_captures(name: bytes, tmp_path: Path) -> None:
    path = b"/texts-dir/" + name
    event = call("openat", 3, -100, path + b"\0", 1, 0, 0, 7)
    (alert,) = replayed(tmp_path / "a.scap", event)
    assert os.fsencode(alert.fields["fd.name"]) == path
    assert_clean(alert)
    with tiercel.open_capture(tmp_path / "a.scap") as capture:
        (read,) = capture
    assert os.fsencode(read.params["name"]) == path


def _started(args: bytes) -> bytes:
    return call(
        *("execve", 0, "true", args, 100, 100, 1, "", 1024, 0, 0, 0, 0, 0, "true", b"cpu=/\0", b"A=1\0", 0, 100, 0),
        *(0, 0, 0, 0, 0, 0, 0, 0, "/bin/true", 100, 0),
    )


def _arguments() -> Iterator[bytes]:
    yield from ARGUMENTS
    yield b"\0".join(ARGUMENTS)
    yield b"\0".join([b"z" * 99] * 600)


@pytest.mark.parametrize("args", list(_arguments()), ids=lambda args: repr(args[:12]))
def test_arguments_in_captures(args: bytes, tmp_path: Path) -> None:
    (alert,) = replayed(tmp_path / "a.scap", _started(b"texts-mark\0" + args + b"\0"))
    shown = os.fsencode(alert.fields["proc.args"])
    assert (b"texts-mark " + args.replace(b"\0", b" ")).startswith(shown)
    assert len(shown) >= min(len(args), 4000)
    assert_clean(alert)
