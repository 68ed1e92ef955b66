# SPDX-License-Identifier: Apache-2.0
"""Alerts to real HTTP and HTTPS servers on loopback."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.certificates import make_certificate
from support.http_receiver import Receiver, Reply, server_context

from tiercel.errors import OutputError, UsageError
from tiercel.outputs import DeliveryError
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route

ALERTS: Any = [View(number) for number in range(5)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    with contextlib.suppress(ValueError, OSError):  # stopped by the test
        server.stop()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate of localhost, which is its own authority, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    make_certificate(cert, key, "localhost", "subjectAltName=DNS:localhost")
    return cert, key


def test_each_alert_is_one_request_with_falcos_headers(receiver: Receiver) -> None:
    output = HttpOutput(f'"{receiver.url}"', format="falco", headers={"X-Team": "a"}, keep_alive=True)
    output.send_batch(ALERTS)
    output.close()
    assert [json.loads(body)["number"] for body in receiver.bodies] == [0, 1, 2, 3, 4]
    seen = receiver.requests[0]
    assert (seen["path"], seen["Content-Type"], seen["User-Agent"], seen["X-Team"]) == (
        *("/in", "application/json", "falcosecurity/falco", "a"),
    )


def test_text_in_batches_compressed(receiver: Receiver) -> None:
    output = HttpOutput(receiver.url, batch=3, compress_uploads=True)
    output.send_batch(ALERTS)
    output.close()
    assert [body.decode().count("alert") for body in receiver.bodies] == [3, 2]
    assert (receiver.requests[0]["Content-Encoding"], receiver.requests[0]["Content-Type"]) == ("gzip", "text/plain")


@pytest.mark.parametrize(
    ("status", "retry", "after", "delivered", "lost"),
    [(503, True, 0, 2, 0), (429, True, 7, 2, 0), (404, False, 0, 4, 1), (302, False, 0, 4, 1)],
)
def test_a_status_that_accepts_nothing(
    receiver: Receiver, status: int, retry: bool, after: float, delivered: int, lost: int
) -> None:
    headers = {"Retry-After": "7"} if status == 429 else {}
    receiver.answer = lambda number, _: Reply(status, headers=headers) if number == 3 else 200
    output = HttpOutput(receiver.url)
    with pytest.raises(DeliveryError, match=f"status {status}") as caught:
        output.send_batch(ALERTS)
    output.close()
    error = caught.value
    assert (error.delivered, error.lost, error.retry, error.after) == (delivered, lost, retry, after)


def test_a_server_that_is_away_is_temporary(receiver: Receiver) -> None:
    output = HttpOutput(receiver.url)
    receiver.stop()
    with pytest.raises(DeliveryError, match="refused") as caught:
        output.send(ALERTS[0])
    assert caught.value.retry
    output.close()


def test_timeouts_in_a_row_lose_the_alert_at_last(receiver: Receiver) -> None:
    receiver.delay = 1.0
    output = HttpOutput(receiver.url, timeout=0.05, max_consecutive_timeouts=2)
    retries = []
    for _ in range(3):
        with pytest.raises(DeliveryError, match="timeout") as caught:
            output.send(ALERTS[0])
        retries.append(caught.value.retry)
    output.close()
    assert retries == [True, True, False]


def test_tls_with_an_authority_and_a_client_certificate(files: tuple[Path, Path]) -> None:
    receiver = Receiver(server_context(files, mtls=True))
    cert, key = map(str, files)
    try:
        good = HttpOutput(receiver.url, ca_cert=cert, mtls=True, client_cert=cert, client_key=key)
        good.send(ALERTS[0])
        good.close()
        for options in ({"ca_cert": cert}, {"mtls": True, "client_cert": cert, "client_key": key}):
            bad = HttpOutput(receiver.url, **options)  # type: ignore[arg-type]
            with pytest.raises(DeliveryError):
                bad.send(ALERTS[0])
            bad.close()
        insecure = HttpOutput(receiver.url, insecure=True, mtls=True, client_cert=cert, client_key=key)
        insecure.send(ALERTS[0])
        insecure.close()
    finally:
        receiver.stop()
    assert len(receiver.bodies) == 2


def test_a_proxy_of_the_environment(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", receiver.url.removesuffix("/in"))
    output = HttpOutput("http://alerts.example.com/in")
    output.send(ALERTS[0])
    output.close()
    assert receiver.requests[0]["path"] == "http://alerts.example.com/in"


def test_echo(receiver: Receiver, capfd: pytest.CaptureFixture[str]) -> None:
    output = HttpOutput(receiver.url, echo=True)
    output.send(ALERTS[0])
    output.close()
    assert capfd.readouterr().out == "ok\n"


@pytest.mark.parametrize("url", ["", "ftp://x/", "localhost:80", "http://", "http://[example.com/"])
def test_an_address_that_is_wrong(url: str) -> None:
    with pytest.raises(UsageError, match="no address") as caught:
        HttpOutput(url)
    assert caught.value.code == "E607"


def test_a_password_in_a_wrong_address_is_not_shown() -> None:
    with pytest.raises(UsageError) as caught:
        HttpOutput("ftp://user:secret@host/")
    assert "secret" not in str(caught.value)


def test_a_certificate_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file") as caught:
        HttpOutput("https://example.com/", mtls=True, client_cert=str(tmp_path / "no"), client_key=str(tmp_path / "no"))
    assert caught.value.code == "E801"


def test_without_the_extra_the_error_names_it() -> None:
    code = "import sys; sys.modules['urllib3'] = None\nfrom tiercel.outputs.http import HttpOutput\nHttpOutput('http://example.com/')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'tiercel[http]'" in done.stderr


@pytest.mark.slow
def test_no_alert_is_lost_while_the_receiver_fails_in_turns_and_is_away(files: tuple[Path, Path]) -> None:
    """100,000 alerts to an HTTPS server that refuses every third request and is stopped in between."""
    context = server_context(files)
    first = Receiver(context)
    first.answer = lambda number, _: 503 if number % 3 == 0 else 200
    alerts: list[Any] = [View(number) for number in range(100_000)]
    output = HttpOutput(first.url, format="falco", ca_cert=str(files[0]), batch=500)
    delivery = Delivery([Route.of(output, "http", capacity=len(alerts))], lambda _: None)
    delivery.send(alerts)
    until = time.monotonic() + 120
    while len(first.bodies) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    first.stop()
    time.sleep(10)
    second = Receiver(context, first.server_port)
    while delivery.delivered < len(alerts) and time.monotonic() < until:
        time.sleep(0.05)
    delivery.close()
    second.stop()
    seen = [json.loads(line)["number"] for body in (*first.bodies, *second.bodies) for line in body.splitlines()]
    assert list(dict.fromkeys(seen)) == [*range(100_000)], "in order, and repeated at most"
    assert second.bodies
    assert delivery.failures == 0
