# SPDX-License-Identifier: Apache-2.0
"""Requests to HTTP servers: addresses, headers, responses, and servers that fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from support.http_receiver import FAILURES, Receiver, Reply, failing_server

from tiercel.errors import UsageError
from tiercel.outputs.http_client import HttpClient, NoResponseError


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "localhost")


def client(url: str, **options: Any) -> HttpClient:
    return HttpClient("test", url, **{"headers": {}, "timeout": 5.0, **options})


@pytest.mark.parametrize(
    ("given", "path"), [("", "/v1/logs"), ("/", "/v1/logs"), ("/x", "/x"), ("?a=b", "/v1/logs?a=b")]
)
def test_the_path_of_an_address_without_one(receiver: Receiver, given: str, path: str) -> None:
    one = client(receiver.base + given, path="/v1/logs")
    one.post(b"x")
    one.close()
    assert receiver.requests[0]["path"] == path


def test_a_password_in_the_address_is_a_header_and_nothing_else(receiver: Receiver) -> None:
    one = client(receiver.url.replace("//", "//me:pass%40word@"), proxy=receiver.base)
    one.post(b"x")
    one.close()
    (seen,) = receiver.requests
    assert seen["Authorization"] == "Basic bWU6cGFzc0B3b3Jk"
    assert seen["path"] == receiver.url
    assert "pass" not in one.name + repr(one)


def test_a_password_of_a_proxy(receiver: Receiver) -> None:
    one = client("http://alerts.example.com/in", proxy=receiver.base.replace("//", "//me:word@"))
    one.post(b"x")
    one.close()
    assert receiver.requests[0]["Proxy-Authorization"] == "Basic bWU6d29yZA=="


def test_a_proxy_that_is_away() -> None:
    with failing_server("dead") as url:
        pass
    one = client("http://alerts.example.com/in", proxy=url.replace("//", "//me:hidden@"))
    with pytest.raises(NoResponseError, match="refused") as caught:
        one.post(b"x")
    one.close()
    assert "hidden" not in f"{caught.value}{caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"headers": {"X-Token": "secret\r\nX: y"}}, "the header X-Token has a wrong value"),
        ({"headers": {"X-Token": "secret\N{EURO SIGN}"}}, "the header X-Token has a wrong value"),
        ({"headers": {"X Token": "secret"}}, "'X Token' cannot be the name of a header"),
        ({"proxy": "socks5://me:secret@host/"}, "the proxy is no address with http or https"),
        ({"timeout": 0.0}, "timeout is a number of seconds"),
    ],
)
def test_arguments_that_are_wrong_are_not_shown(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        client("http://example.com/", **options)
    assert caught.value.code == "E607"
    assert "secret" not in str(caught.value)


def date(offset: float) -> str:
    return formatdate(time.time() + offset, usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("99999999999", 300, 300), ("1000", 300, 300), ("soon", 0, 0), ("-1", 0, 0), ("", 0, 0)],
)
def test_the_delay_that_a_server_requests(receiver: Receiver, header: str, least: float, most: float) -> None:
    assert least <= after(receiver, header) <= most


def test_a_date_as_delay(receiver: Receiver) -> None:
    assert 50 < after(receiver, date(100)) <= 100
    assert after(receiver, date(-100)) == 0
    assert after(receiver, date(100_000)) == 300


def after(receiver: Receiver, header: str) -> float:
    receiver.answer = lambda *_: Reply(503, headers={"Retry-After": header})
    one = client(receiver.url)
    response = one.post(b"x")
    one.close()
    return one.refused(response, 3, frozenset({503})).after


def test_what_a_refusal_loses(receiver: Receiver) -> None:
    receiver.answer = lambda *_: Reply(400, b"no\r\n such   index\x00")
    one = client(receiver.url)
    response = one.post(b"x")
    one.close()
    error = one.refused(response, 3, frozenset({503}), detail=response.detail)
    assert (error.lost, error.retry) == (3, False)
    assert str(error).startswith(f"{one.name}: status 400 Bad Request: no such index")
    error = one.refused(response, 3, frozenset({400}))
    assert (error.lost, error.retry) == (0, True)


def test_a_long_response_is_cut(receiver: Receiver) -> None:
    receiver.answer = lambda *_: Reply(200, b"x" * 500_000)
    one = client(receiver.url)
    cut, whole = one.post(b"x", keep=100_000), one.post(b"x", keep=1_000_000)
    one.close()
    assert (len(cut.content), cut.is_whole) == (100_000, False)
    assert (len(whole.content), whole.is_whole) == (500_000, True)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_server_that_fails_is_temporary(failure: str) -> None:
    with failing_server(failure) as url:
        one = client(url, timeout=0.3)
        with pytest.raises(NoResponseError) as caught:
            one.post(b"x" * 100)
        one.close()
    assert caught.value.retry
    assert caught.value.late == (failure == "slow")
    assert str(caught.value).startswith(one.name)
