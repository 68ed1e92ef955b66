# SPDX-License-Identifier: Apache-2.0
"""Boundaries of lines after failures."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from support.full_disk import no_file_beyond

from tiercel.outputs.base import DeliveryError
from tiercel.outputs.lines import LineWriter

LINES = [b"first\n", b"second\n", b"third\n"]


def opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


@pytest.mark.parametrize("size", range(20))
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_full_disk_at_any_byte(tmp_path: Path, size: int, is_shared: bool) -> None:
    path = tmp_path / "alerts"
    fd = opened(path)
    writer = LineWriter(is_shared=is_shared)
    delivered = 3
    with no_file_beyond(size):
        try:
            writer.write(fd, LINES, "alerts")
        except DeliveryError as error:
            delivered = error.delivered
    writer.write(fd, [b"last\n"], "alerts")
    os.close(fd)
    lines = path.read_bytes().splitlines(keepends=True)
    assert lines[-1] == b"last\n"
    found = [line for line in lines if line in LINES]
    assert found[:delivered] == LINES[:delivered]
    assert len(found) <= delivered + 1  # a line that lacked its end only becomes whole by the next one
    if not is_shared:
        assert lines == [*LINES[:delivered], b"last\n"]


def test_two_failures_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    fd = opened(path)
    writer = LineWriter(is_shared=True)
    with no_file_beyond(3):
        for _ in range(2):
            with pytest.raises(DeliveryError):
                writer.write(fd, LINES, "alerts")
    writer.write(fd, LINES, "alerts")
    os.close(fd)
    assert path.read_bytes() == b"fir\n" + b"".join(LINES)


def test_lines_of_another_process_are_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alerts"
    fd, other = opened(path), opened(path)
    writer = LineWriter(is_shared=False)
    whole = os.fstat

    def late(descriptor: int) -> os.stat_result:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))  # the other process has room
        os.write(other, b"other\n")
        return whole(descriptor)

    monkeypatch.setattr(os, "fstat", late)
    with no_file_beyond(3), pytest.raises(DeliveryError):
        writer.write(fd, LINES, "alerts")
    monkeypatch.undo()
    writer.write(fd, [b"last\n"], "alerts")
    os.close(fd)
    os.close(other)
    assert path.read_bytes() == b"firother\n\nlast\n"
