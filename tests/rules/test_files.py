# SPDX-License-Identifier: Apache-2.0
"""Reading of files: bounded, and never waiting for what does not come."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from tiercel.lang.diagnostics import Report
from tiercel.rules import files
from tiercel.rules.files import FileProblem, read_bytes, read_source, source_of


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


STRANGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "named pipe": (named_pipe, "it is a named pipe"),
    "socket": (bound_socket, "it is a socket"),
    "folder": (Path.mkdir, "it is a directory"),
    "endless device": (link_to("/dev/zero"), "it is a device"),
    "nothing": (lambda _: None, "No such file or directory"),
    "circle of links": (link_to("file"), "Too many levels of symbolic links"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    make, text = STRANGE[kind]
    path = tmp_path / "file"
    make(path)
    with pytest.raises(FileProblem) as caught:
        read_bytes(path)
    assert caught.value.text == text
    report = Report()
    assert read_source(path, report) is None
    (found,) = report
    assert (found.code, found.file) == ("E102", str(path))


def test_a_name_that_no_file_has() -> None:
    with pytest.raises(FileProblem):
        read_bytes("a\0b")


def test_the_null_device_is_empty() -> None:
    assert read_bytes("/dev/null") == b""


def test_the_size_is_checked_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(3 << 30)
    monkeypatch.setattr(files, "_content", lambda _: pytest.fail("the file was read"))
    with pytest.raises(FileProblem) as caught:
        read_bytes(path)
    assert caught.value.is_too_large


def test_files_that_say_nothing_of_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_bytes("/proc/self/comm") == Path("/proc/self/comm").read_bytes()
    monkeypatch.setattr(files, "MAX_FILE", 3)
    with pytest.raises(FileProblem) as caught:
        read_bytes("/proc/self/comm")
    assert caught.value.is_too_large


def test_a_pipe_is_read_where_a_descriptor_names_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        (tmp_path / "link").symlink_to(f"/dev/fd/{reading}")
        os.write(writing, b"rules")
        os.close(writing)
        assert read_bytes(tmp_path / "link") == b"rules"
    finally:
        os.close(reading)


def test_a_pipe_with_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE", 3)
    reading, writing = os.pipe()
    try:
        os.write(writing, b"abcd")
        with pytest.raises(FileProblem) as caught:
            read_bytes(f"/dev/fd/{reading}")
        assert caught.value.is_too_large
    finally:
        os.close(reading)
        os.close(writing)


def test_a_pipe_that_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SILENCE", 0.001)
    reading, writing = os.pipe()
    try:
        with pytest.raises(FileProblem, match="nothing was written"):
            read_bytes(f"/proc/self/fd/{reading}")
    finally:
        os.close(reading)
        os.close(writing)


def test_a_pipe_of_a_shell_that_comes_late() -> None:
    code = "import sys; from tiercel.rules.files import read_bytes; print(read_bytes(sys.argv[1]))"
    reading, writing = os.pipe()
    try:
        words = ["bash", "-c", f'"$@" <(head -n 1 <&{reading})', "bash", sys.executable, "-c", code]
        shell = subprocess.Popen(words, pass_fds=[reading], stdout=subprocess.PIPE, text=True)
        os.write(writing, b"rules\n")
        out, _ = shell.communicate(timeout=60)
    finally:
        os.close(reading)
        os.close(writing)
    assert out == "b'rules\\n'\n"


@settings(max_examples=examples(300))
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_text_or_a_finding(content: bytes) -> None:
    report = Report()
    source = source_of(content, "name", report)
    if source is not None:
        assert source.text.encode() == content.removeprefix(b"\xef\xbb\xbf")
        return
    (found,) = report
    assert (found.code, found.file) == ("E102", "name")
    assert found.line >= 1
    assert found.column >= 1
