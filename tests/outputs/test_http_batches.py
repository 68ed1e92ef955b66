# SPDX-License-Identifier: Apache-2.0
"""Batches in requests to an API, and each such output against servers that fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.certificates import make_certificate
from support.http_receiver import FAILURES, Receiver, Reply, failing_server, server_context
from support.waiting import eventually

from tiercel.errors import OutputError, UsageError
from tiercel.outputs import DeliveryError, make_output
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http_batches import HttpBatches
from tiercel.outputs.http_client import Response
from tiercel.outputs.route import Route

ALERTS: Any = [View(number) for number in range(5)]
# Names of the outputs, with a response that accepts all alerts of a request.
OUTPUTS = {
    "elasticsearch": Reply(body=b'{"items": [%s]}' % b", ".join([b'{"create": {"status": 201}}'] * len(ALERTS))),
    "loki": Reply(204, b""),
    "otlp": Reply(body=b""),
}


class Lines(HttpBatches):
    name = "lines"
    path = "/lines"
    content_type = "text/plain"
    temporary = frozenset({503})

    def _body(self, alerts: Sequence[Any]) -> bytes:
        return "\n".join(str(alert.number) for alert in alerts).encode()

    def _accepted(self, alerts: Sequence[Any], response: Response) -> None:
        if response.content == b"partly":
            raise DeliveryError("partly", delivered=len(alerts) - 1, lost=1, retry=False)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")


def test_batches_with_headers(receiver: Receiver) -> None:
    output = Lines(receiver.base, batch=2, headers={"X-Team": "a"})
    output.send_batch(ALERTS)
    output.send(ALERTS[0])
    output.close()
    assert receiver.bodies == [b"0\n1", b"2\n3", b"4", b"0"]
    seen = receiver.requests[0]
    assert (seen["path"], seen["Content-Type"], seen["User-Agent"]) == ("/lines", "text/plain", "tiercel")
    assert (seen["X-Team"], seen["Content-Encoding"]) == ("a", "gzip")


def test_without_compression(receiver: Receiver) -> None:
    output = Lines(receiver.url, compression="none")
    output.send(ALERTS[0])
    output.close()
    assert (receiver.bodies, receiver.requests[0].get("Content-Encoding")) == ([b"0"], None)


def test_a_request_that_is_too_large_becomes_two(receiver: Receiver) -> None:
    """An alert that is too large alone is lost; the others arrive in order."""
    receiver.answer = lambda _, body: 413 if len(body) > 3 or b"3" in body else 200
    output = Lines(receiver.url)
    with pytest.raises(DeliveryError, match="status 413") as caught:
        output.send_batch(ALERTS)
    output.close()
    assert b"\n".join(receiver.bodies).split() == [b"0", b"1", b"2", b"4"]
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (4, 1, False)


@pytest.mark.parametrize(
    ("reply", "delivered", "lost", "retry"),
    [
        (Reply(503), 2, 0, True),
        (Reply(400, b"such lines\nI refuse"), 3, 2, False),
        (Reply(200, b"partly"), 4, 1, False),
        (Reply(204, b""), None, None, None),
    ],
)
def test_results(receiver: Receiver, reply: Reply, delivered: int | None, lost: int, retry: bool) -> None:
    receiver.answer = lambda number, _: reply if number == 2 else 200
    output = Lines(receiver.url, batch=2)
    if delivered is None:
        output.send_batch(ALERTS)
    else:
        with pytest.raises(DeliveryError) as caught:
            output.send_batch(ALERTS)
        assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (delivered, lost, retry)
        assert ("such lines I refuse" in str(caught.value)) is (reply.status == 400)
    output.close()


@pytest.mark.parametrize("batch", [0, 513])
def test_a_batch_has_limits(batch: int) -> None:
    with pytest.raises(UsageError, match="lines: batch") as caught:
        Lines("http://example.com/", batch=batch)
    assert caught.value.code == "E607"


def test_tls_with_a_client_certificate(tmp_path: Path) -> None:
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(*files, "localhost", "subjectAltName=DNS:localhost")
    cert, key = map(str, files)
    receiver = Receiver(server_context(files, mtls=True))
    try:
        good = Lines(receiver.url, ca_cert=cert, client_cert=cert, client_key=key)
        good.send(ALERTS[0])
        good.close()
        bad = Lines(receiver.url, client_cert=cert, client_key=key)
        with pytest.raises(DeliveryError, match="certificate"):
            bad.send(ALERTS[0])
        bad.close()
    finally:
        receiver.stop()
    assert receiver.bodies == [b"0"]
    with pytest.raises(OutputError, match=f"lines: {cert}: ") as caught:
        Lines(receiver.url, client_cert=cert)
    assert caught.value.code == "E801"


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", OUTPUTS)
def test_nothing_is_lost_while_a_server_fails(name: str, failure: str) -> None:
    errors: list[OutputError] = []
    with failing_server(failure) as url:
        options = {"url": url, "timeout": "0.3", "headers": {"Authorization": "Bearer secret"}}
        output = make_output(name, options, format="falco")
        delivery = Delivery([Route.of(output, name)], errors.append)
        delivery.send(ALERTS)
        eventually(lambda: errors)
        assert (delivery.delivered, delivery.failures) == (0, 0)
    receiver = Receiver(port=int(url.rpartition(":")[2]))
    receiver.answer = lambda *_: OUTPUTS[name]
    try:
        eventually(lambda: delivery.delivered == len(ALERTS))
    finally:
        delivery.close()
        receiver.stop()
    assert (delivery.failures, len(receiver.bodies)) == (0, 1)
    assert "secret" not in f"{errors}{errors[0]}{output!r}{vars(output)}"


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_server_that_stays_away_costs_no_time_at_the_end(name: str) -> None:
    with failing_server("dead") as url:
        pass
    delivery = Delivery([Route.of(make_output(name, {"url": url}, format="falco"), name)], lambda _: None)
    delivery.send(ALERTS)
    delivery.close()
    assert (delivery.delivered, delivery.failures) == (0, len(ALERTS))


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_server_that_refuses_alerts(name: str, receiver: Receiver) -> None:
    receiver.answer = lambda *_: Reply(401, b"no such user")
    errors: list[OutputError] = []
    delivery = Delivery([Route.of(make_output(name, {"url": receiver.url}, format="falco"), name)], errors.append)
    delivery.send(ALERTS)
    eventually(lambda: delivery.failures == len(ALERTS))
    delivery.close()
    assert "status 401 Unauthorized: no such user" in str(errors[0])
    assert len(receiver.requests) == 1
