# SPDX-License-Identifier: Apache-2.0
"""``tiercel record``: options, messages, exit status."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest
from support import scapblocks
from support.cli import SHADOW_RULE, one_clear_message, start, tiercel

import tiercel as api

pytestmark = pytest.mark.kernel


def test_a_command_is_recorded_and_replayed(tmp_path: Path) -> None:
    out, rules = tmp_path / "out.scap", tmp_path / "r.yaml"
    rules.write_text(SHADOW_RULE)
    done = tiercel("record", out, "--", "sh", "-c", "cat /etc/shadow >/dev/null; exit 7")
    assert done.status == 7
    assert done.out == ""
    first, last = done.err.splitlines()
    assert re.fullmatch(rf"tiercel: recording to {out} \(\d+ event types, the process tree of \d+\)", first)
    assert re.fullmatch(r"tiercel: \d+ events, \d+ bytes", last)
    (alert,) = tiercel("replay", "--json", "-r", rules, out).alerts
    assert alert["output"].endswith(": Warning cat /etc/shadow opened /etc/shadow")


def test_options_may_stand_before_and_behind_the_file(tmp_path: Path) -> None:
    out = tmp_path / "out.scap.gz"
    done = tiercel("record", "--max-size", "1M", out, "--filter", "evt.type = execve", "--", "true")
    assert done.status == 0
    with api.open_capture(out) as capture:
        assert [event.type for event in capture] == ["execve"]


def test_interrupt_completes_the_file(tmp_path: Path) -> None:
    out = tmp_path / "out.scap"
    with start("record", out, "--pid", str(os.getpid())) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("tiercel: recording to ")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert [kind for kind, _ in scapblocks.blocks(scapblocks.content(out))][:5] == list(scapblocks.ORDER[:5])


def test_duration_ends_it(tmp_path: Path) -> None:
    before = time.monotonic()
    done = tiercel("record", tmp_path / "out.scap", "--pid", str(os.getpid()), "--duration", "0.5")
    assert done.status == 0
    assert 0.5 < time.monotonic() - before < 20


@pytest.mark.parametrize(
    "args",
    [
        ("--filter", "evt.nothing = 1", "out.scap", "--", "true"),
        ("--max-size", "10X", "out.scap", "--", "true"),
        ("--max-size", "10", "out.scap", "--", "true"),
        ("--rotate", "3", "out.scap", "--", "true"),
        ("--pid", "1", "out.scap", "--", "true"),
        (),
    ],
    ids=str,
)
def test_wrong_use(args: tuple[str, ...], tmp_path: Path) -> None:
    done = tiercel("record", *args, cwd=tmp_path)
    assert done.status == 2
    assert "Traceback" not in done.err


def test_a_full_disk(tmp_path: Path) -> None:
    one_clear_message(tiercel("record", "/dev/full", "--", "true"), 1)
