# SPDX-License-Identifier: Apache-2.0
"""Alerts to real programs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.waiting import eventually

from tiercel.errors import UsageError
from tiercel.outputs import DeliveryError
from tiercel.outputs.program import ProgramOutput

ALERTS: Any = [View(number) for number in range(3)]


def send_until_it_fails(output: ProgramOutput) -> None:
    for _ in range(2000):
        output.send(ALERTS[0])
        time.sleep(0.01)


def test_each_alert_starts_the_shell_command(tmp_path: Path) -> None:
    file = tmp_path / "out"
    output = ProgramOutput(f"(echo start; cat) >> '{file}'")
    output.send_batch(ALERTS)
    output.close()
    assert file.read_text() == "".join(f"start\nalert {number} ü\n" for number in range(3))


def test_keep_alive_starts_it_once_and_reopen_again(tmp_path: Path) -> None:
    file = tmp_path / "out"
    output = ProgramOutput(f"(echo start; cat) >> '{file}'", format="falco", keep_alive=True)
    output.send_batch(ALERTS)
    output.reopen()
    output.send(ALERTS[0])
    output.close()
    lines = file.read_text().splitlines()
    assert [line for line in lines if line != "start"] == [alert.to_json() for alert in (*ALERTS, ALERTS[0])]
    assert [at for at, line in enumerate(lines) if line == "start"] == [0, 4]


def test_a_program_that_fails_loses_one_alert() -> None:
    output = ProgramOutput("read line; case $line in *1*) exit 3;; esac")
    with pytest.raises(DeliveryError, match="exit status 3") as caught:
        output.send_batch(ALERTS)
    assert (caught.value.delivered, caught.value.retry) == (1, False)


def test_a_program_that_ends_early_is_started_again(tmp_path: Path) -> None:
    file = tmp_path / "out"
    output = ProgramOutput(f"test -e '{file}' && exec cat >> '{file}'; touch '{file}'; exec <&-", keep_alive=True)
    output.send(ALERTS[0])
    eventually(file.exists)
    with pytest.raises(DeliveryError, match="ended early") as caught:
        send_until_it_fails(output)
    assert caught.value.retry
    output.send_batch(ALERTS)
    output.close()
    assert file.read_text().count("alert") == 3


def test_the_program_has_default_signals_and_its_own_group(tmp_path: Path) -> None:
    file = tmp_path / "out"
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    try:
        output = ProgramOutput(
            f"grep -E 'SigBlk|SigIgn' /proc/self/status > '{file}'; cut -d' ' -f5 /proc/self/stat >> '{file}'; cat"
        )
        output.send(ALERTS[0])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    blocked, ignored, group = file.read_text().splitlines()
    assert int(blocked.split()[1], 16) == 0
    assert not int(ignored.split()[1], 16) & 1 << (signal.SIGPIPE - 1)
    assert int(group) != os.getpgrp()


def test_a_program_that_does_not_end_does_not_delay_the_end(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    output = ProgramOutput(f"echo $$ > '{file}'; read line; exec sleep 1000", keep_alive=True)
    output.send(ALERTS[0])
    output.close()
    os.kill(int(file.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("program", ["", "  ", "a\0b"])
def test_no_command(program: str) -> None:
    with pytest.raises(UsageError, match="no command"):
        ProgramOutput(program)
