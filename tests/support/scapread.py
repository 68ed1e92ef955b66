# SPDX-License-Identifier: Apache-2.0
"""Items that the capture reader finds in some bytes."""

from __future__ import annotations

import tempfile
from typing import Any, Final

import pytest

from support import scapforms
from support.scapfile import call, machine, section
from tiercel._core.api.capture_reader import ScapReader
from tiercel.errors import CaptureError

CLOSE: Final = call("close", 0, 3)
"""An event, since a capture needs one."""


def read(data: bytes, *, convert: bool = False) -> list[tuple[str, Any]]:
    """Everything in a capture; an error comes last as ``("error", CaptureError)``."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        reader = ScapReader(file.fileno(), "t.scap", convert=convert)
        found = []
        try:
            while (item := reader.read()) is not None:
                found.append(item)
        except CaptureError as error:
            found.append(("error", error))
            with pytest.raises(CaptureError, match=r"t\.scap: at byte"):
                reader.read()
        else:
            assert reader.read() is None
        return found


def entries(data: bytes, kind: str) -> list[Any]:
    """The entries of one kind, in a capture made of these blocks and one event."""
    found = read(section() + data + CLOSE)
    assert [item for item in found if item[0] == "error"] == []
    assert found[-1][0] == "event"
    return [entry for name, entry in found if name == kind]


def failure(data: bytes) -> tuple[str, int, list[str]]:
    """Code and offset of the error at the end, and the items before."""
    *before, (kind, error) = read(data)
    assert kind == "error"
    assert f"[{error.code}]" in str(error)
    return error.code, error.offset, [name for name, _ in before]


def many(count: int = 20_000) -> bytes:
    """A capture of that many events, all different."""
    return (
        section() + machine() + b"".join(scapforms.event(5, [i.to_bytes(8, "little"), b"\3" * 8]) for i in range(count))
    )
