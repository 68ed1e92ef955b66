# SPDX-License-Identifier: Apache-2.0
"""Spools and real receivers on loopback: receivers stop and fail, the sender is killed, and no alert is missing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.certificates import make_certificate
from support.live import REPOSITORY
from support.receivers import HttpsReceiver, SyslogReceiver, server_context
from support.waiting import eventually

from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route, SpoolPlace
from tiercel.outputs.syslog import SyslogOutput

MIB = 1 << 20


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    make_certificate(cert, key, "localhost", "subjectAltName=DNS:localhost")
    return cert, key


def spooled(name: str, make: partial[Any], folder: Path) -> Route:
    return Route(name, make, timeout=30.0, spool=SpoolPlace(str(folder / "spool"), 64 * MIB))


def views(first: int, count: int) -> list[Any]:
    return [View(number) for number in range(first, first + count)]


def unique(seen: list[int]) -> list[int]:
    """Return the numbers without repetitions, in the order of their first arrival."""
    return list(dict.fromkeys(seen))


@pytest.fixture
def receiver(files: tuple[Path, Path]) -> Iterator[HttpsReceiver]:
    made = HttpsReceiver(server_context(files))
    yield made
    made.stop()


def test_an_https_server_that_fails_in_turns_and_is_stopped_in_between(
    receiver: HttpsReceiver, files: tuple[Path, Path], tmp_path: Path
) -> None:
    receiver.refuses = lambda number: number % 3 == 0
    make = partial(HttpOutput, receiver.url, format="falco", ca_cert=str(files[0]), batch=100)
    delivery = Delivery([spooled("http", make, tmp_path)], lambda _: None)
    for at in range(0, 2000, 50):
        delivery.send(views(at, 50))
    eventually(partial(receiver.has, 501))
    receiver.stop()
    for at in range(2000, 4000, 50):
        delivery.send(views(at, 50))
    assert delivery.stats()["http"].spooled >= 2000
    receiver.start()
    eventually(lambda: delivery.stats()["http"].spooled == 0, 60)
    delivery.close()
    assert unique(receiver.seen) == [*range(4000)], "in order, and repeated at most"
    assert (delivery.failures, delivery.stats()["http"].delivered) == (0, 4000)


@pytest.mark.parametrize("tls", [False, True])
def test_a_syslog_server_that_is_stopped_in_between(tls: bool, files: tuple[Path, Path], tmp_path: Path) -> None:
    receiver = SyslogReceiver(server_context(files) if tls else None)
    make = partial(SyslogOutput, format="falco", address=receiver.address, ca_cert=str(files[0]) if tls else "")
    delivery = Delivery([spooled("syslog", make, tmp_path)], lambda _: None)
    sent = 0
    for _ in range(4):
        delivery.send(views(sent, 500))
        eventually(partial(receiver.has, sent + 1))
        receiver.stop()
        delivery.send(views(sent + 500, 500))
        sent += 1000
        receiver.start()
    eventually(lambda: delivery.stats()["syslog"].spooled == 0, 60)
    eventually(partial(receiver.has, sent))
    delivery.close()
    receiver.stop()
    assert unique(receiver.seen) == [*range(sent)]
    assert delivery.failures == 0


SENDER = """
import sys
from functools import partial
sys.path.insert(0, sys.argv[1])
from support.alert_views import View
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route, SpoolPlace
_, _, folder, url, ca, first = sys.argv
make = partial(HttpOutput, url, format="falco", ca_cert=ca, batch=20)
delivery = Delivery([Route("http", make, spool=SpoolPlace(folder, 64 << 20))], lambda _: None)
for at in range(int(first), int(first) + 1_000_000, 10):
    delivery.send([View(number) for number in range(at, at + 10)])
    print(at + 10, flush=True)
"""


def test_after_sigkill_and_a_restart_nothing_is_missing(
    receiver: HttpsReceiver, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """The sender is killed with the receiver there, away, and there again."""
    receiver.refuses = lambda number: number % 4 == 0
    folder = str(tmp_path / "spool")
    stored = 0
    for round_ in range(3):
        command = [sys.executable, "-c", SENDER, str(REPOSITORY / "tests"), folder, receiver.url, str(files[0])]
        sender = subprocess.Popen([*command, str(stored)], stdout=subprocess.PIPE, text=True)
        assert sender.stdout is not None
        with sender.stdout:
            for _ in range(100):
                stored = int(sender.stdout.readline())
            if round_ != 1:
                eventually(partial(receiver.has, round_ * 100 + 1))
            sender.send_signal(signal.SIGKILL)
            for line in sender.stdout:
                stored = int(line) if line.endswith("\n") else stored
        sender.wait()
        if round_ == 0:
            receiver.stop()
        elif round_ == 1:
            receiver.start()
    receiver.refuses = lambda _: False
    make = partial(HttpOutput, receiver.url, format="falco", ca_cert=str(files[0]), batch=100)
    last = Delivery([spooled("http", make, tmp_path)], print)
    last.resume()
    eventually(lambda: last.stats()["http"].spooled == 0, 60)
    last.close()
    found = unique(receiver.seen)
    assert found[:stored] == [*range(stored)], "each alert whose send() returned has arrived, in order"
    assert len(found) <= stored + 10
