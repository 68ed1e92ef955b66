# SPDX-License-Identifier: Apache-2.0
"""HTTP over a unix socket, with servers that know it and others that do not."""

from __future__ import annotations

import contextlib
import socket
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.fake_engine import FakeEngine, raw_server

from tiercel.containers.engines.interface import EngineAbsentError
from tiercel.containers.transport.http_unix import UnixHttp
from tiercel.errors import EngineError


def get(path: Path, content: bytes, timeout: float = 10.0) -> tuple[int, bytes]:
    with raw_server(path, content):
        return UnixHttp(str(path)).get("/x", timeout)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", (200, b"abc")),
        (b"HTTP/1.0 404 Not Found\r\n\r\nto the end", (404, b"to the end")),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", (200, b"abc")),
        (b"HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", (200, b"abc")),
    ],
)
def test_answers_are_read(tmp_path: Path, content: bytes, found: tuple[int, bytes]) -> None:
    assert get(tmp_path / "s", content) == found


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E901"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "E901"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "E901"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "E901"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "E902"),
        (b"HTTP/1.1 twohundred\r\n\r\n", "E902"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", "E902"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "E902"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", "E902"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "E902"),
        (b"x" * 200_000, "E902"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * ((16 << 20) + 1), "E902"),
    ],
)
def test_what_makes_no_sense_is_an_error(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(EngineError) as caught:
        get(tmp_path / "s", content)
    assert caught.value.code == code
    assert str(tmp_path / "s") in caught.value.text


def test_a_whole_answer_has_one_deadline(tmp_path: Path) -> None:
    """Also if it comes byte by byte, so that no single wait is long."""
    path = tmp_path / "s"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while not over.wait(0.02):
                connection.send(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(EngineError, match="no answer in time"):
            UnixHttp(str(path)).get("/x", 0.3)
    finally:
        over.set()
        thread.join()
        listener.close()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(EngineAbsentError):
        UnixHttp(str(tmp_path / "none")).get("/x", 1)
    stale = tmp_path / "stale"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(stale))
    with pytest.raises(EngineAbsentError):
        UnixHttp(str(stale)).get("/x", 1)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(EngineAbsentError):
        UnixHttp(str(file)).get("/x", 1)


def test_closing_ends_what_waits(tmp_path: Path) -> None:
    with FakeEngine(tmp_path / "s") as engine:
        engine.delay = 30
        http = UnixHttp(str(engine.path))
        errors: list[EngineError] = []

        def wait() -> None:
            try:
                http.get("/version", 60)
            except EngineError as error:
                errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        while not engine.requests:
            pass
        http.close()
        thread.join(20)
        assert not thread.is_alive()
        assert errors[0].code == "E901"
        with pytest.raises(EngineError):
            http.get("/version", 60)


def test_lines_come_as_they_are_sent(tmp_path: Path) -> None:
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n\ntwo\r\n3\r\n\nth\r\n0\r\n\r\n"
    with raw_server(tmp_path / "s", pieces):
        assert list(UnixHttp(str(tmp_path / "s")).lines("/x", 10)) == [b"one", b"two", b"th"]


def test_answers_and_lines_are_bounded(tmp_path: Path) -> None:
    for body, refused in ((b"x" * 160 + b"\n", False), (b"x" * 161, True)):
        with raw_server(tmp_path / "s", b"HTTP/1.1 200 OK\r\n\r\n" + body * 16):
            http = UnixHttp(str(tmp_path / "s"), 2560)
            with pytest.raises(EngineError, match="an answer of more than 2 KiB"):
                http.get("/x", 10)
            if refused:
                with pytest.raises(EngineError, match="a line of more than"):
                    list(http.lines("/x", 10))
            else:
                assert len(list(http.lines("/x", 10))) == 16


def test_an_answer_in_many_pieces_takes_no_more_memory(tmp_path: Path) -> None:
    body = b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"
    with raw_server(tmp_path / "s", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body):
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            assert len(UnixHttp(str(tmp_path / "s")).get("/x", 30)[1]) == 100_000
            assert tracemalloc.get_traced_memory()[1] - before < 1 << 20
        finally:
            tracemalloc.stop()


def test_lines_are_refused_without_success(tmp_path: Path) -> None:
    with (
        raw_server(tmp_path / "s", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
        pytest.raises(EngineError, match="500"),
    ):
        list(UnixHttp(str(tmp_path / "s")).lines("/x", 10))


PARTS = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"\r\n", b"\r\n\r\n", b"Content-Length: 4", b"Transfer-Encoding: chunked", b"4\r\nabcd\r\n"]
)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PARTS | st.binary(max_size=20), max_size=12).map(b"".join))
def test_any_bytes_are_an_answer_or_an_error(tmp_path: Path, content: bytes) -> None:
    try:
        status, body = get(tmp_path / "s", content)
    except EngineError:
        return
    assert 0 <= status <= 999
    assert body in content or b"chunked" in content
