# SPDX-License-Identifier: Apache-2.0
"""Reports to systemd, on a socket like that of systemd."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiercel.operation.systemd_notify import SystemdNotify


@pytest.fixture(params=["file", "abstract"])
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = str(tmp_path / "notify") if request.param == "file" else f"@tiercel-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        made.settimeout(30)
        yield name, made


def test_states(receiver: tuple[str, socket.socket]) -> None:
    name, received = receiver
    environment = {"NOTIFY_SOCKET": name, "OTHER": "x"}
    notify = SystemdNotify(environment)
    assert environment == {"OTHER": "x"}, "children are not the service"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify.ready()
    notify.reloading()
    notify.stopping()
    notify.work()
    assert received.recv(1000) == b"READY=1"
    reloading, _, moment = received.recv(1000).decode().partition("\n")
    assert reloading == "RELOADING=1"
    assert before <= int(moment.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert received.recv(1000) == b"STOPPING=1"
    assert notify.due() == math.inf


def test_the_watchdog_gets_a_sign_of_life_in_half_of_its_time(receiver: tuple[str, socket.socket]) -> None:
    name, received = receiver
    notify = SystemdNotify({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())})
    started = time.monotonic()
    notify.work()
    notify.work()
    assert received.recv(1000) == b"WATCHDOG=1"
    received.setblocking(False)
    with pytest.raises(BlockingIOError):
        received.recv(1000)
    assert started + 30 <= notify.due() <= time.monotonic() + 30


def test_a_watchdog_of_another_process(receiver: tuple[str, socket.socket]) -> None:
    for values in ({"WATCHDOG_PID": "1", "WATCHDOG_USEC": "1000"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}):
        assert SystemdNotify({"NOTIFY_SOCKET": receiver[0], **values}).due() == math.inf


def test_without_systemd(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "none")}, {"NOTIFY_SOCKET": ""}):
        notify = SystemdNotify(environment)
        notify.ready()
        notify.reloading()
        notify.work()


def test_a_full_queue_of_systemd_does_not_block(receiver: tuple[str, socket.socket]) -> None:
    notify = SystemdNotify({"NOTIFY_SOCKET": receiver[0]})
    for _ in range(2000):
        notify.ready()
