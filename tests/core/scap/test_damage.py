# SPDX-License-Identifier: Apache-2.0
"""Damaged captures: type and position of the error, and the data before it."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest
from support import scapfile, scapforms
from support.scapfile import block, machine, section
from support.scapread import CLOSE, entries, failure, many, read


@pytest.mark.parametrize(
    "data", [b"", b"abc", b"#!/bin/sh\necho\n", bytes(100), b"\x1f\x8b", gzip.compress(b"", mtime=0)]
)
def test_what_is_no_capture(data: bytes) -> None:
    code, offset, before = failure(data)
    assert code in ("E705", "E704")
    assert before == []
    assert offset <= 2


def test_magic_and_version() -> None:
    swapped = block(scapfile.SHB, struct.pack(">IHHQ", 0x1A2B3C4D, 1, 2, 0xFFFF_FFFF_FFFF_FFFF))
    assert failure(swapped) == ("E705", 0, [])
    newer = block(scapfile.SHB, struct.pack("<IHHQ", 0x1A2B3C4D, 2, 0, 0xFFFF_FFFF_FFFF_FFFF))
    assert failure(newer) == ("E709", 0, [])
    assert failure(CLOSE + section()) == ("E705", 0, [])


def test_no_events() -> None:
    assert failure(section() + machine()) == ("E706", len(section() + machine()), ["section", "machine"])
    assert failure(section() + CLOSE + section())[0] == "E706"


def test_every_truncation_is_found_where_its_block_begins() -> None:
    """Everything that is complete before the cut is returned."""
    parts = [
        section(),
        machine(),
        scapforms.interfaces(2, scapforms.interface_entry(2, 1, "lo"), scapforms.interface_entry(2, 2, "lo")),
        scapforms.users(2, scapforms.user_entry(0, 0, "root"), scapforms.group_entry(0, "root")),
        scapforms.threads(9, scapforms.thread_entry(9), scapforms.thread_entry(9)),
        scapforms.threads(5, scapforms.thread_entry(5), scapforms.thread_entry(5)),
        scapforms.fds(2, 7, scapforms.fd_entry(2, 1, 1, scapfile.str16("/x"))),
        CLOSE,
        scapforms.event(5, [b""], version=1, flags=1),
    ]
    data = b"".join(parts)
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    whole = read(data)
    for cut in range(28, len(data)):
        found = read(data[:cut])
        if found[-1][0] != "error":  # between two events
            assert cut == starts[-2]
            continue
        *before, (_, error) = found
        assert before == whole[: len(before)]
        if cut in starts:
            assert (error.code, error.offset) == ("E706", cut)
        else:
            assert (error.code, error.offset) == ("E704", max(start for start in starts if start < cut))


def test_entries_before_a_cut_are_handed_out() -> None:
    entry = scapforms.thread_entry(9)
    data = section() + scapforms.threads(9, *[entry] * 1000)
    code, offset, before = failure(data[: len(section()) + 8 + 10 * len(entry) + 5])
    assert (code, offset, before) == ("E704", len(section()), ["section", *["thread"] * 10])


def test_block_lengths() -> None:
    good = section()
    for length in (0, 7, 8, 11):
        assert failure(good + struct.pack("<II", 0x201, length) + bytes(100)) == ("E703", len(good), ["section"])
    short_machine = block(0x201, bytes(100))
    assert failure(good + short_machine) == ("E703", len(good), ["section"])
    assert failure(good + block(0x216, bytes(20))) == ("E703", len(good), ["section"])
    assert failure(good + block(0x203, bytes(4))) == ("E703", len(good), ["section"])
    long_event = scapforms.event(5, [b"x" * 60_000, b"y" * 6000])
    assert failure(good + long_event) == ("E703", len(good), ["section"])
    endless = struct.pack("<II", 0x221, 0xFFFF_FFFF) + bytes(1000)
    assert failure(good + endless) == ("E703", len(good), ["section"])
    endless = struct.pack("<II", 0x999, 0xFFFF_FFFF) + bytes(1000)
    assert failure(good + endless) == ("E704", len(good), ["section"])


def test_trailers() -> None:
    data = machine()
    wrong = data[:-4] + struct.pack("<I", 9)
    assert failure(section() + wrong + CLOSE) == ("E703", len(section() + wrong) - 4, ["section", "machine"])
    wrong_event = CLOSE[:-4] + struct.pack("<I", 9)
    assert [kind for kind, _ in read(section() + wrong_event)] == ["section", "event"]


def test_blocks_between_events() -> None:
    data = section() + CLOSE
    assert failure(data + machine()) == ("E703", len(data), ["section", "event"])
    assert failure(data + block(0x999, b"")) == ("E703", len(data), ["section", "event"])


def test_entry_lengths() -> None:
    entry = scapforms.thread_entry(9)
    start = len(section()) + 8
    for length in (0, 3, len(entry) + 4, 0xFFFF_FFFF):
        broken = struct.pack("<I", length) + entry[4:]
        data = section() + scapforms.threads(9, entry, broken)
        assert failure(data) == ("E703", start + len(entry), ["section", "thread"])
    cut = struct.pack("<I", 50) + entry[4:50]
    assert failure(section() + scapforms.threads(9, cut)) == ("E703", start, ["section"])
    open_end = scapforms.thread_entry(5)[:-3]
    assert failure(section() + scapforms.threads(5, open_end)) == ("E703", start, ["section"])


def test_texts_that_are_too_long() -> None:
    long_comm = struct.pack("<QQQ", 1, 1, 1) + scapfile.str16("x" * 1025)
    assert failure(section() + scapforms.threads(1, long_comm))[0] == "E703"
    long_user = scapforms.user_entry(0, 0, "u" * 257)
    assert failure(section() + scapforms.users(1, long_user))[0] == "E703"
    longest = scapforms.user_entry(0, 0, "u" * 200)
    assert len(entries(scapforms.users(1, longest), "user")) == 1


def test_event_lengths() -> None:
    good = section()
    for overstated in (1, 100, -100, 1 << 31):
        data = bytearray(CLOSE)
        length = struct.unpack_from("<I", data, 8 + 2 + 16)[0]
        struct.pack_into("<I", data, 8 + 2 + 16, (length + overstated) % (1 << 32))
        code, offset, before = failure(good + bytes(data))
        assert (code, offset, before) == ("E703", len(good), ["section"])
    data = bytearray(CLOSE)
    for count in (3, 1 << 16, 0xFFFF_FFFF):
        struct.pack_into("<I", data, 8 + 2 + 22, count)
        assert failure(good + bytes(data)) == ("E703", len(good), ["section"])
    old = scapforms.event(5, [b"\0" * 8, b"\3" * 8], version=1, overstated=-1)
    assert failure(good + old) == ("E703", len(good), ["section"])


def test_unknown_forms() -> None:
    data = section() + CLOSE + scapforms.event(7, [b"\0" * 8, b"x", b""])
    *before, (_, error) = read(data, convert=True)
    assert [kind for kind, _ in before] == ["section", "event"]
    assert (error.code, error.offset) == ("E707", len(section() + CLOSE))
    assert "type 7 with 3 parameters" in str(error)


def test_damaged_gzip() -> None:
    data = many()
    packed = gzip.compress(data)
    for cut in (20, 100, len(packed) // 2, len(packed) - 9, len(packed) - 8, len(packed) - 1):
        *before, (_, error) = read(packed[:cut])
        assert error.code == "E704"
        assert before == read(data)[: len(before)]
    broken = bytearray(packed)
    broken[-5] ^= 1
    *before, (_, error) = read(bytes(broken))
    assert (error.code, error.offset) == ("E703", len(data))
    assert len(before) == 20_002
    *before, (_, error) = read(packed + b"more")
    assert (error.code, error.offset) == ("E703", len(data))
    assert len(before) == 20_002


def test_memory_does_not_follow_what_lengths_claim() -> None:
    """A block may claim 64 MiB: memory is allocated only as bytes arrive."""
    data = section() + CLOSE + struct.pack("<II", 0x221, 60 * 1024 * 1024) + bytes(1000)
    assert failure(data)[0] == "E704"
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = bomb.compress(section() + struct.pack("<II", 0x999, 0xFFFF_FFF0))
    packed += b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    assert failure(packed)[0] == "E704"
