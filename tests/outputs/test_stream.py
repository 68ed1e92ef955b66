# SPDX-License-Identifier: Apache-2.0
"""Alerts to an open file descriptor."""

from __future__ import annotations

import fcntl
import os
import threading

import pytest

from tiercel.errors import OutputError
from tiercel.outputs import ReaderGoneError, StreamOutput
from tiercel.schema.alert_formats import AlertFormat


class Line:
    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, format: AlertFormat) -> str:
        return self.text if format == "text" else f'{{"output":"{self.text}"}}'


def test_each_alert_is_one_line_at_once() -> None:
    reader, writer = os.pipe()
    output = StreamOutput(writer)
    output.send(Line("one"))
    assert os.read(reader, 100) == b"one\n"
    output.send(Line("zwölf"))
    assert os.read(reader, 100) == "zwölf\n".encode()
    output.close()
    os.fstat(writer)  # still open: it is the caller's
    os.close(reader)
    os.close(writer)


def test_json() -> None:
    reader, writer = os.pipe()
    StreamOutput(writer, format="falco").send(Line("one"))
    assert os.read(reader, 100) == b'{"output":"one"}\n'
    os.close(reader)
    os.close(writer)


def test_a_descriptor_that_is_not_open() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    with pytest.raises(OutputError, match=f"file descriptor {writer} is not open") as caught:
        StreamOutput(writer)
    assert caught.value.code == "E801"
    assert f"{writer}>alerts" in (caught.value.hint or "")


def test_a_reader_that_has_gone() -> None:
    reader, writer = os.pipe()
    output = StreamOutput(writer, name="standard output")
    os.close(reader)
    with pytest.raises(ReaderGoneError, match="standard output: the reader has gone"):
        output.send(Line("one"))
    os.close(writer)


def test_a_full_disk() -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OutputError, match="No space left on device") as caught:
        StreamOutput(fd).send(Line("one"))
    assert caught.value.code == "E802"
    os.close(fd)


def test_a_non_blocking_pipe_loses_nothing() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    size = fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
    text = "x" * (3 * size)
    received = bytearray()

    def read() -> None:
        while chunk := os.read(reader, 4096):
            received.extend(chunk)

    thread = threading.Thread(target=read)
    thread.start()
    StreamOutput(writer).send(Line(text))
    os.close(writer)
    thread.join()
    os.close(reader)
    assert received.decode() == f"{text}\n"
