# SPDX-License-Identifier: Apache-2.0
"""Capture reader: every block type and version, and every kind of damage with its position."""

from __future__ import annotations

import gzip
import os
import struct
import tempfile
import threading
from pathlib import Path

import pytest
from support import scapfile, scapforms
from support.scapfile import START, block, machine, section
from support.scapread import CLOSE, entries, failure, many, read

from tiercel._core.api.capture_reader import ScapReader
from tiercel.errors import CaptureError

PLUGIN, NOTIFICATION = 322, 280


# --- Tables ---------------------------------------------------------------------------------------------------------


def test_machine() -> None:
    assert entries(machine("lab"), "machine") == [
        {
            "num_cpus": 2,
            "memory_size": 1 << 30,
            "max_pid": 1 << 22,
            "hostname": "lab",
            "boot_ns": scapfile.BOOT,
            "flags": 0,
        }
    ]


def test_machine_whose_name_fills_its_room() -> None:
    assert entries(machine("h" * 128), "machine")[0]["hostname"] == "h" * 128


@pytest.mark.parametrize("version", range(1, 10))
def test_threads_of_all_versions(version: int) -> None:
    entry = scapforms.thread_entry(version)
    first, second = entries(scapforms.threads(version, entry, entry), "thread")
    assert first == second
    late = dict.fromkeys((name for name, _ in scapforms.REST), 0) | {"loginuid": 0xFFFFFFFF, "pgid": -1}
    if version == 9:
        late = {name: 100 + index for index, (name, _) in enumerate(scapforms.REST)}
    for name in ("exe_writable", "exe_upper_layer", "exe_lower_layer", "exe_from_memfd"):
        late[name] = bool(late[name])
    assert first == {
        "tid": 7001,
        "pid": 7000,
        "ptid": 6999,
        "sid": 6500 if version >= 6 else -1,
        "vpgid": 12 if version >= 8 else -1,
        "comm": "comm",
        "exe": "exe",
        "exepath": "/bin/exe" if version >= 7 else "",
        "args": ("one", "two"),
        "cwd": "/cwd/",
        "fdlimit": 1024,
        "flags": 0x100,
        "uid": 1000,
        "gid": 1001,
        "vm_size_kb": 1 if version >= 2 else 0,
        "vm_rss_kb": 2 if version >= 2 else 0,
        "vm_swap_kb": 3 if version >= 2 else 0,
        "pf_major": 4 if version >= 2 else 0,
        "pf_minor": 5 if version >= 2 else 0,
        "env": ("A=1", "B=2") if version >= 3 else (),
        "vtid": 11 if version >= 4 else 7001,
        "vpid": 10 if version >= 4 else 7000,
        "cgroups": ("cpu=/a", "mem=/b") if version >= 4 else (),
        "root": "/root" if version >= 5 else "",
        **late,
    }


@pytest.mark.parametrize("known", range(2, len(scapforms.REST) + 1))
def test_late_members_of_threads(known: int) -> None:
    """A writer of the newest version writes as many of the late members as it has."""
    (entry,) = entries(scapforms.threads(9, scapforms.thread_entry(9, known)), "thread")
    found = [
        name for index, (name, _) in enumerate(scapforms.REST) if entry[name] == 100 + index or entry[name] is True
    ]
    short = sum(struct.calcsize(form) for _, form in scapforms.REST[:known]) <= 29
    if not short:
        assert found == [name for name, _ in scapforms.REST[:known]]
    assert entry["root"] == "/root"


def test_a_thread_with_more_than_we_know() -> None:
    entry = scapforms.thread_entry(9)
    longer = struct.pack("<I", len(entry) + 100_000) + entry[4:] + b"\xee" * 100_000
    first, second = entries(scapforms.threads(9, longer, entry), "thread")
    assert first == second


@pytest.mark.parametrize("version", [1, 2])
def test_descriptors_of_all_types(version: int) -> None:
    four, six = bytes([127, 0, 0, 1]), bytes(15) + b"\1"
    name = scapfile.str16("name")
    payloads = {
        0: b"",
        3: four + four + struct.pack("<HHB", 80, 443, 2),
        4: six + six + struct.pack("<HHB", 81, 444, 3),
        5: four + struct.pack("<HB", 82, 2),
        6: six + struct.pack("<HB", 83, 3),
        8: struct.pack("<QQ", 0xAAAA, 0xBBBB) + name,
        16: struct.pack("<I", 0x41) + name + (struct.pack("<I", 0x803) if version == 2 else b""),
    } | dict.fromkeys([1, 2, 7, *range(9, 16), *range(17, 22)], name)
    body = [scapforms.fd_entry(version, kind, kind, payload) for kind, payload in sorted(payloads.items())]
    found = {entry["fd"]: entry for entry in entries(scapforms.fds(version, 42, *body), "fd")}
    assert sorted(found) == sorted(payloads)
    usual = {"tid": 42, "l4proto": 0, "sip": b"", "dip": b"", "sport": 0, "dport": 0}
    usual |= {"source": 0, "destination": 0, "open_flags": 0, "dev": 0}
    special: dict[int, dict[str, object]] = {
        0: {"name": ""},
        3: {"sip": four, "dip": four, "sport": 80, "dport": 443, "l4proto": 2, "name": ""},
        4: {"sip": six, "dip": six, "sport": 81, "dport": 444, "l4proto": 3, "name": ""},
        5: {"sip": four, "dip": bytes(4), "sport": 82, "l4proto": 2, "name": ""},
        6: {"sip": six, "dip": bytes(16), "sport": 83, "l4proto": 3, "name": ""},
        8: {"source": 0xAAAA, "destination": 0xBBBB},
        16: {"open_flags": 0x41, "dev": 0x803 if version == 2 else 0},
    }
    for fd, entry in found.items():
        assert entry == {**usual, "fd": fd, "ino": 5000 + fd, "type": fd, "name": "name", **special.get(fd, {})}


def test_a_descriptor_of_an_unknown_type() -> None:
    body = scapforms.fd_entry(2, 9, 99, b"whatever that is"), scapforms.fd_entry(2, 10, 1, scapfile.str16("/x"))
    first, second = entries(scapforms.fds(2, 42, *body), "fd")
    assert (first["type"], first["name"]) == (10, "unknown-type:[99]")
    assert (second["fd"], second["name"]) == (10, "/x")


@pytest.mark.parametrize("version", [1, 2])
def test_interfaces(version: int) -> None:
    body = [scapforms.interface_entry(version, kind, f"if{kind}") for kind in (1, 2, 3, 4)]
    found = entries(scapforms.interfaces(version, *body), "interface")
    assert found == [
        {
            "name": f"if{kind}",
            "addr": b"\1" * size,
            "netmask": b"\2" * size,
            "broadcast": b"\3" * size,
            "link_speed": speed,
        }
        for kind, size, speed in ((1, 4, 77), (2, 16, 77), (3, 4, 0), (4, 16, 0))
    ]


def test_an_unknown_interface_is_passed_over_where_its_length_is_known() -> None:
    body = scapforms.interface_entry(2, 9, "odd"), scapforms.interface_entry(2, 1, "lo")
    assert [entry["name"] for entry in entries(scapforms.interfaces(2, *body), "interface")] == ["lo"]
    body = scapforms.interface_entry(1, 9, "odd"), scapforms.interface_entry(1, 1, "lo")
    assert failure(section() + scapforms.interfaces(1, *body))[0] == "E703"


@pytest.mark.parametrize("version", [1, 2])
def test_users_and_groups(version: int) -> None:
    body = scapforms.user_entry(0, 1, "root"), scapforms.group_entry(7, "wheel"), scapforms.user_entry(5, 6, "ann")
    data = scapforms.users(version, *body)
    assert [entry["name"] for entry in entries(data, "user")] == ["root", "ann"]
    assert entries(data, "user")[1] == {"uid": 5, "gid": 6, "name": "ann", "home": "/home/ann", "shell": "/bin/sh"}
    assert entries(data, "group") == [{"gid": 7, "name": "wheel"}]


@pytest.mark.parametrize("today", scapforms.ANCIENT)
def test_ancient_names_of_blocks(today: int) -> None:
    """Block types of the first versions have the content of today's types."""
    blocks = {
        0x201: machine(),
        0x202: scapforms.threads(1, scapforms.thread_entry(1)),
        0x203: scapforms.fds(1, 4, scapforms.fd_entry(1, 9, 1, scapfile.str16("/x"))),
        0x204: scapforms.event(5, [b"\0" * 8, b"\3" * 8], version=1),
        0x205: scapforms.interfaces(1, scapforms.interface_entry(1, 3, "lo")),
        0x206: scapforms.users(1, scapforms.user_entry(0, 0, "root")),
        0x207: scapforms.threads(2, scapforms.thread_entry(2)),
        0x209: scapforms.threads(3, scapforms.thread_entry(3)),
    }
    data = blocks[today]
    ancient = struct.pack("<I", scapforms.ANCIENT[today]) + data[4:]
    assert read(section() + ancient + CLOSE) == read(section() + data + CLOSE)


def test_texts_that_are_not_utf8() -> None:
    entry = scapforms.thread_entry(1).replace(b"comm", b"\xff\n\x1b\0")
    assert entries(scapforms.threads(1, entry), "thread")[0]["comm"] == "\udcff\n\x1b\0"


def test_unknown_blocks_are_passed_over() -> None:
    data = block(0x999, b"x" * 300_000) + machine() + block(0x12345678, b"")
    assert len(entries(data, "machine")) == 1


def test_options_of_a_section() -> None:
    plain = struct.pack("<IHHQ", 0x1A2B3C4D, 1, 2, 0xFFFF_FFFF_FFFF_FFFF)
    assert [kind for kind, _ in read(block(scapfile.SHB, plain + b"option" * 999) + CLOSE)] == ["section", "event"]


# --- Events ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("flags", [None, 0, 5])
@pytest.mark.parametrize("params", [(), (b"\1" * 8,), (b"", b"\3" * 8)])
def test_events(version: int, flags: int | None, params: tuple[bytes, ...]) -> None:
    data = scapforms.event(5, params, version=version, flags=flags, tid=-3, ts=START + 1, cpu=7)
    assert read(section() + data)[1:] == [("event", (START + 1, -3, 5, 7, flags or 0, params))]


def test_old_events_say_their_params_by_their_length() -> None:
    """The greatest count that the event may have wins if several counts fit."""
    data = scapforms.event(5, [b"\1" * 8, b""], version=1)
    assert read(section() + data)[1][1][5] == (b"\1" * 8, b"")


@pytest.mark.parametrize("flags", [None, 1])
def test_large_events(flags: int | None) -> None:
    params = struct.pack("<I", 9), os.urandom(3_000_000)
    data = scapforms.event(PLUGIN, params, large=True, wide=True, flags=flags)
    found = read(section() + data + CLOSE + data)
    assert [entry[5] for _, entry in found[1:]] == [params, (bytes(8), b"\3" + bytes(7)), params]


def test_events_of_newer_types_are_left_out() -> None:
    data = section() + CLOSE + scapforms.event(454, [b"x"]) + scapforms.event(65535, []) + CLOSE
    assert [kind for kind, _ in read(data)] == ["section", "event", "event"]


def test_events_with_more_params_than_we_know() -> None:
    params = [bytes([i]) for i in range(40)]
    assert read(section() + scapforms.event(5, params))[1][1][5] == tuple(params[:32])


def test_lengths_that_old_writers_overstated() -> None:
    data = scapforms.event(NOTIFICATION, [b"id\0", b"text\0"], version=1, overstated=3)
    assert read(section() + data)[1][1][5] == (b"id\0", b"text\0")


def test_conversion() -> None:
    data = section() + scapforms.event(4, [b"\7" * 8], version=1) + scapforms.event(5, [b"\0" * 8], version=1)
    assert [entry for _, entry in read(data, convert=True)[1:]] == [(START, 100, 5, 3, 0, (b"\0" * 8, b"\7" * 8))]


def test_sections_begin_anew() -> None:
    """Joined captures: an enter event of the first never matches an exit of the second."""
    first = section() + machine() + scapforms.event(6, [b"\7" * 8, b"\1" * 4])
    second = section() + scapforms.threads(9, scapforms.thread_entry(9)) + scapforms.event(7, [b"\0" * 8, b"x"])
    found = read(first + second, convert=True)
    assert [kind for kind, _ in found] == ["section", "machine", "section", "thread", "event"]
    assert found[-1][1][5] == (b"\0" * 8, b"x", b"\0" * 8, b"\0" * 4)


# --- Streams --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 6])
def test_gzip(level: int) -> None:
    data = many()
    assert read(gzip.compress(data, level)) == read(data)


def test_gzip_members_and_padding() -> None:
    data = many(1000)
    members = gzip.compress(data[:10]) + gzip.compress(b"") + gzip.compress(data[10:]) + bytes(100_000)
    assert read(members) == read(data)


def test_a_pipe_that_gives_little_at_a_time() -> None:
    data = gzip.compress(many(200), 1)
    out, into = os.pipe()

    def feed() -> None:
        with open(into, "wb", buffering=0) as pipe:
            for i in range(0, len(data), 7):
                pipe.write(data[i : i + 7])

    writer = threading.Thread(target=feed)
    writer.start()
    with open(out, "rb", buffering=0) as pipe:
        assert ScapReader(pipe.fileno(), "-").count() == 200
    writer.join()


def test_reading_begins_where_the_file_stands() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"garbage" + many(3))
        file.flush()
        os.lseek(file.fileno(), 7, os.SEEK_SET)
        assert ScapReader(file.fileno(), "t").count() == 3


def test_an_unreadable_file(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(CaptureError, match="Is a directory") as caught:
        ScapReader(fd, "t.scap").read()
    os.close(fd)
    assert caught.value.code == "E708"
