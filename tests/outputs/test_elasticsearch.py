# SPDX-License-Identifier: Apache-2.0
"""Alerts as documents: bulk requests to a server on loopback that stores them by id, and refuses some."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.alert_views import View
from support.http_receiver import Receiver, Reply
from support.made_alerts import made_alert
from support.waiting import eventually

from tiercel.errors import OutputError, UsageError
from tiercel.outputs import DeliveryError, make_output
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.route import Route

ALERTS: Any = [View(number) for number in range(6)]


class Index(Receiver):
    """Server with the API for bulk requests; `refused` has the statuses of documents by their number."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, dict[str, Any]] = {}
        self.refused: dict[int, int] = {}
        self.answer = self.bulk

    def bulk(self, number: int, body: bytes) -> Reply:
        assert body.endswith(b"\n")
        lines = [json.loads(line) for line in body.splitlines()]
        items = [
            self.create(action["create"], document) for action, document in zip(lines[::2], lines[1::2], strict=True)
        ]
        return Reply(body=json.dumps({"items": items}).encode())

    def create(self, action: dict[str, str], document: dict[str, Any]) -> dict[str, Any]:
        assert action.keys() == {"_index", "_id"}
        assert "@timestamp" in document
        status = self.refused.get(document.get("number", -1), 201)
        if status == 201 and action["_id"] in self.documents:
            status = 409
        if status == 201:
            self.documents[action["_id"]] = document
            return {"create": {"status": 201}}
        return {"create": {"status": status, "error": {"type": "some_exception", "reason": f"number {document}"}}}

    @property
    def numbers(self) -> list[int]:
        return [document["number"] for document in self.documents.values()]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    monkeypatch.setenv("no_proxy", "localhost")
    server = Index()
    yield server
    server.stop()


def made(url: str, **options: Any) -> Any:
    return make_output("elasticsearch", {"url": url, **options}, format="text")


def test_documents(index: Index) -> None:
    output = made(f"{index.base}/es/", index="alerts", api_key="id:secret", format="falco")
    output.send_batch(ALERTS)
    output.close()
    assert index.numbers == [0, 1, 2, 3, 4, 5]
    assert {one["@timestamp"] for one in index.documents.values()} == {"2023-11-14T22:13:20.123456789Z"}
    seen = index.requests[0]
    assert seen["path"].startswith("/es/_bulk?filter_path=items")
    assert (seen["Content-Type"], seen["Authorization"]) == ("application/x-ndjson", "ApiKey aWQ6c2VjcmV0")
    assert {json.loads(line)["create"]["_index"] for line in index.bodies[0].splitlines()[::2]} == {"alerts"}


def test_documents_have_the_elastic_common_schema(index: Index) -> None:
    output = made(index.base)
    output.send_batch([made_alert({"proc.name": "cat", "fd.name": "/etc/shadow"}, time_ns=1) for _ in range(2)])
    output.close()
    (document,) = index.documents.values()
    assert (document["@timestamp"], document["process"]["name"]) == ("1970-01-01T00:00:00.000000001Z", "cat")
    assert document["event"]["kind"] == "alert"


def test_alerts_with_different_messages_are_different_documents(index: Index) -> None:
    """The JSON of alerts may be without texts and fields (`json_include_output_property` and so on)."""
    alerts: Any = [View(0), View(0), View(0)]
    for alert, message in zip(alerts, ("a", "a\udcff", "a"), strict=True):
        alert.message = message
    output = made(index.base)
    output.send_batch(alerts)
    output.close()
    assert len(index.documents) == 2


def test_text(index: Index) -> None:
    output = made(f"{index.base}/_bulk", format="text", username="me", password="word")
    output.send(ALERTS[0])
    output.close()
    (document,) = index.documents.values()
    assert document["message"] == "alert 0 ü"
    assert index.requests[0]["Authorization"] == "Basic bWU6d29yZA=="


def test_a_repeated_request_makes_no_second_document(index: Index) -> None:
    """The second request has the same ids, also after a restart of the program."""
    for _ in range(2):
        output = made(index.base)
        output.send_batch(ALERTS)
        output.close()
    assert index.numbers == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("refused", "delivered", "lost", "retry"),
    [
        ({1: 400, 4: 400}, 4, 2, False),
        ({3: 429}, 3, 0, True),
        ({1: 400, 3: 503, 4: 400}, 2, 1, True),
        ({0: 429}, 0, 0, True),
    ],
)
def test_results_of_each_alert(index: Index, refused: dict[int, int], delivered: int, lost: int, retry: bool) -> None:
    index.refused = refused
    output = made(index.base)
    with pytest.raises(
        DeliveryError, match=rf"{lost} of 6 alerts are refused.*: status \d+: some_exception: num"
    ) as caught:
        output.send_batch(ALERTS)
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (delivered, lost, retry)


def test_alerts_that_are_refused_for_a_while_arrive_once(index: Index) -> None:
    index.refused = {1: 400, 2: 429, 4: 429, 5: 400}
    errors: list[OutputError] = []
    delivery = Delivery([Route.of(made(index.base), "elasticsearch")], errors.append)
    delivery.send(ALERTS)
    eventually(lambda: errors)
    index.refused = {1: 400, 5: 400}
    eventually(lambda: delivery.delivered + delivery.failures == len(ALERTS))
    delivery.close()
    assert sorted(index.numbers) == [0, 2, 3, 4]
    assert (delivery.delivered, delivery.failures) == (4, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"<html>", b'{"items": []}', b'{"items": [{}, {}, {}, {}, {}, {}]}', b'{"items": 6}',
        b'{"items": [1, 2, 3, 4, 5, 6]}', b"[" * 100_000, b'{"items": [{"create": {"status": null}}]}',
        b'{"items": [{"create": {"status": Infinity}}]}',
    ],
)  # fmt: skip
def test_a_response_without_results_is_temporary(index: Index, body: bytes) -> None:
    index.answer = lambda *_: Reply(body=body)
    output = made(index.base)
    with pytest.raises(DeliveryError, match="no result of a bulk request") as caught:
        output.send_batch(ALERTS)
    output.close()
    assert (caught.value.delivered, caught.value.lost, caught.value.retry) == (0, 0, True)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"index": "Alerts"}, "'Alerts' cannot be the name of an index"),
        ({"index": "_all"}, "'_all' cannot be"),
        ({"index": "a b"}, "'a b' cannot be"),
        ({"index": ""}, "'' cannot be"),
        ({"api_key": "secret", "username": "me"}, "exclude each other"),
        ({"password": "secret"}, "a password without a username"),
        ({"api_key": "secret\nX"}, "the header Authorization has a wrong value"),
    ],
)
def test_options_that_are_wrong(options: dict[str, str], text: str) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        made("http://example.com/", **options)
    assert caught.value.code == "E607"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost", "http://[example.com", "ftp://me:secret@example.com", ""])
def test_addresses_that_are_wrong(url: str) -> None:
    with pytest.raises(UsageError, match="no address with http or https") as caught:
        made(url)
    assert "secret" not in str(caught.value)
