# SPDX-License-Identifier: Apache-2.0
"""Strict parser of captures, written from the format alone, in place of another tool."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

SHB, MI, IL_V2, UL_V2, PL_V9, FDL_V2 = 0x0A0D0D0A, 0x201, 0x219, 0x220, 0x215, 0x218
EV_V2, EVF_V2, EV_V2_LARGE, EVF_V2_LARGE = 0x216, 0x217, 0x221, 0x222
ORDER: Final = (SHB, MI, IL_V2, UL_V2, PL_V9, FDL_V2)
EVENT_KINDS: Final = frozenset({EV_V2, EVF_V2, EV_V2_LARGE, EVF_V2_LARGE})

_WIDE: Final = frozenset({322, 324, 402})  # events whose params have 32-bit lengths


def content(path: Path) -> bytes:
    """Return the bytes of a capture, decompressed."""
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Return every block as (type, whole block); check that they fill the file and that tables precede events."""
    at = 0
    before = -1
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0
        assert length >= 12
        block = data[at : at + length]
        assert len(block) == length
        assert struct.unpack("<I", block[-4:]) == (length,)
        place = len(ORDER) if kind in EVENT_KINDS else ORDER.index(kind)
        assert place >= before
        before = place
        yield kind, block
        at += length


def kind(block: bytes) -> int:
    """Return the type of a block."""
    return int.from_bytes(block[:4], "little")


def event(block: bytes) -> tuple[int, int, int, int, int, tuple[bytes, ...]]:
    """Return (time, thread, code, CPU, flags, params) of an event block; every length is checked to the byte."""
    number, length = struct.unpack_from("<II", block)
    assert number in EVENT_KINDS
    assert struct.unpack("<I", block[-4:]) == (length,) == (len(block),)
    assert number in {EV_V2_LARGE, EVF_V2_LARGE} or length - 8 <= 65536
    (cpu,) = struct.unpack_from("<H", block, 8)
    at, flags = 10, 0
    if number in {EVF_V2, EVF_V2_LARGE}:
        (flags,) = struct.unpack_from("<I", block, at)
        assert flags
        at += 4
    time, tid, size, code, count = struct.unpack_from("<QQIHI", block, at)
    wide = code in _WIDE
    end = at + size
    assert length - 4 - 3 <= end <= length - 4
    assert block[end:-4] == bytes(length - 4 - end)
    at += 26
    lengths = struct.unpack_from(f"<{count}{'I' if wide else 'H'}", block, at)
    at += count * (4 if wide else 2)
    params = []
    for param in lengths:
        params.append(block[at : at + param])
        at += param
    assert at == end
    return time, tid, code, cpu, flags, tuple(params)


def tables(data: bytes) -> dict[int, Any]:
    """Return the bytes of each kind of table."""
    found: dict[int, Any] = {}
    for number, block in blocks(data):
        if number not in EVENT_KINDS:
            found[number] = found.get(number, 0) + len(block)
    return found
