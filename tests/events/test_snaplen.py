# SPDX-License-Identifier: Apache-2.0
"""Length of the payload that an event carries."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from support.calls import Zeros, call
from support.recorder import Live, ruleset

import tiercel
from tiercel.errors import UsageError

ROOM = 24_000  # bytes of a payload that any record has room for


def sent(program: Path, snaplen: int, payload: bytes | Zeros, size: int) -> tuple[bytes | None, bool]:
    """The param ``data`` of the event, and whether it was cut for lack of room."""
    with tiercel.Sensor(
        ruleset("dup2", "execve", "sendto"), scope=tiercel.Scope.tree(os.getpid()), snaplen=snaplen
    ) as sensor:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            run = Live(sensor, program).run(
                call("sendto", ours.fileno(), payload, size, 0, None, 0), pass_fds=[ours.fileno()]
            )
    (event,) = run.events("sendto")
    assert event.params["res"] == size
    return event.params["data"], event.truncated


@pytest.mark.parametrize("snaplen", [1, 80, 1000])
def test_some_of_it(program: Path, snaplen: int) -> None:
    payload = bytes(range(256)) * 8
    assert sent(program, snaplen, payload, len(payload)) == (payload[:snaplen], False)


def test_nothing_of_it(program: Path) -> None:
    assert sent(program, 0, b"hello", 5) == (None, False)


def test_more_than_one_piece(program: Path) -> None:
    payload = bytes(range(251)) * 60
    assert sent(program, 14_000, payload, len(payload)) == (payload[:14_000], False)


def test_more_than_a_record_holds(program: Path) -> None:
    data, truncated = sent(program, 65_000, Zeros(60_000), 60_000)
    assert data is not None
    assert len(data) >= ROOM
    assert truncated


@pytest.mark.parametrize("snaplen", [-1, 65_001])
def test_impossible(snaplen: int) -> None:
    with pytest.raises(UsageError, match="snaplen"):
        tiercel.Sensor(ruleset("sendto"), snaplen=snaplen)
