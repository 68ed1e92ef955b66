# SPDX-License-Identifier: Apache-2.0
"""Events that the probe drops by the filter tables that it gets."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from support.opening import Child

from tiercel._core.probe.probe import Probe
from tiercel._core.probe.ring_consumer import RingReader
from tiercel.schema.events import EVENTS

CODES = {event.name: event.code for event in EVENTS}
NAMES = {event.code: event.name for event in EVENTS}
IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
OPENS = ("open", "openat", "openat2", "creat", "open_by_handle_at")

# Atoms, as bits: enum filter_atom.
OK, READ, WRITE = 1 << 0, 1 << 2, 1 << 3
SET = [1 << (48 + number) for number in range(16)]

pytestmark = pytest.mark.kernel


class Watched:
    """A process that opens files, and a probe that watches it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.probe = Probe(IMAGE)
        self.probe.load({CODES[name] for name in OPENS}, scope="tree")
        self.reader = RingReader(self.probe.rings())
        self.probe.attach()
        self.probe.watch_tree(child.pid)

    def filter(self, *clauses: tuple[int, int], sets: tuple[tuple[tuple[str, bytes], ...], ...] = ()) -> None:
        """Have opens filtered by some clauses."""
        self.probe.filter({CODES[name]: clauses for name in OPENS}, sets)

    def events(self) -> list[str]:
        """Names of the events that have come, without the ends of control groups, as those of all groups are sent."""
        time.sleep(0.002)
        names = [NAMES[int.from_bytes(record[4:6], sys.byteorder)] for _, record in self.reader.read()]
        return [name for name in names if name != "cgroup_gone"]

    def reported(self, path: str | Path, flags: int = os.O_RDONLY, dirfd: str | None = None) -> bool:
        """Return whether an open is reported; it is the only event."""
        self.child.open(path, flags, dirfd)
        events = self.events()
        assert events in ([], ["openat"])
        return bool(events)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = Child(tmp_path)
    yield made
    made.close()


@pytest.fixture
def watched(child: Child) -> Iterator[Watched]:
    made = Watched(child)
    yield made
    made.probe.close()


def test_nothing_is_kept_back_without_a_filter(watched: Watched) -> None:
    assert watched.reported("/etc/hosts")
    assert watched.probe.stats()["filtered"] == {}


def test_result_and_flags(watched: Watched) -> None:
    watched.filter((OK | WRITE, 0), (READ, OK))
    assert watched.reported("/dev/null", os.O_RDWR)
    assert watched.reported("/dev/null", os.O_WRONLY)
    assert not watched.reported("/dev/null", os.O_RDONLY)
    assert watched.reported("/nonexistent", os.O_RDONLY)
    assert not watched.reported("/nonexistent", os.O_WRONLY)
    assert watched.probe.stats()["filtered"] == {"openat": 2}


def test_a_clause_without_atoms_holds_always(watched: Watched) -> None:
    watched.filter((OK, 0), (0, 0))
    assert watched.reported("/nonexistent")


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        ("exact", "/etc/hosts", "/etc/hosts"),
        ("prefix", "/etc/", "/etc/hosts"),
        ("suffix", "/hosts", "/etc/hosts"),
        ("contains", "c/ho", "/etc/hosts"),
        ("exact", "/", "/"),
    ],
)
def test_path_sets(watched: Watched, kind: str, text: str, path: str) -> None:
    watched.filter((OK | SET[3], 0), sets=((), (), (), ((kind, text.encode()),)))
    assert watched.reported(path)
    assert not watched.reported("/dev/null")
    assert watched.probe.stats()["filtered"] == {"openat": 1}


def test_each_clause_asks_for_its_own_sets(watched: Watched, tmp_path: Path) -> None:
    sets = ((("suffix", b"/read"),), (("contains", b"written"),))
    watched.filter((OK | READ | SET[0], WRITE), (OK | WRITE | SET[1], 0), sets=sets)
    for name in ("read", "written"):
        (tmp_path / name).touch()
    assert watched.reported(tmp_path / "read")
    assert not watched.reported(tmp_path / "read", os.O_WRONLY)
    assert watched.reported("written", os.O_WRONLY)
    assert not watched.reported("written")


@pytest.mark.parametrize("inner", ["x" * 7, "x" * 8, "x" * 9, "x" * 31, "x" * 32, "x" * 33, "/".join("abcdefghijklmn")])
def test_names_of_every_length(watched: Watched, tmp_path: Path, inner: str) -> None:
    """Also such as are not compared component by component."""
    there, other = tmp_path / inner / "there", tmp_path / inner / "other"
    there.parent.mkdir(parents=True)
    there.touch()
    other.touch()
    watched.filter((SET[0], 0), sets=((("exact", bytes(there)),),))
    assert watched.reported(there)
    assert not watched.reported(other)
    assert watched.reported(f"{inner}/there")
    assert watched.probe.stats()["filtered"]["openat"] == 1


def test_failed_opens_have_the_path_that_was_asked_for(watched: Watched) -> None:
    watched.filter((SET[0], 0), sets=((("prefix", b"/nonexistent/"),),))
    assert watched.reported("/nonexistent/file")
    assert not watched.reported("/no/such/file")
    assert watched.reported("no/such/file"), "where a relative name would have led is not looked at"


def test_links_do_not_hide_a_file(watched: Watched, secret: Path, tmp_path: Path) -> None:
    link, hidden = tmp_path / "link", tmp_path / "hidden"
    link.symlink_to(secret)
    hidden.symlink_to(secret.parent)
    watched.filter((SET[0], 0), sets=((("exact", bytes(secret)),),))
    assert watched.reported(secret)
    assert watched.reported(link)
    assert watched.reported(hidden / "secret")
    assert watched.reported(f"/proc/self/root{secret}")
    assert watched.reported(f"{secret.parent}/../etc/./secret")
    assert watched.reported("etc/secret")
    assert watched.reported("link")
    assert not watched.reported("/etc/hosts")


def test_a_link_is_reported_by_its_own_name(watched: Watched, secret: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(secret)
    watched.filter((SET[0], 0), sets=((("exact", bytes(link)),),))
    assert watched.reported(link)
    assert watched.reported("link")
    assert not watched.reported(secret)


def test_relative_names(watched: Watched, secret: Path, tmp_path: Path) -> None:
    """Of one that leads straight to the file, the path is known."""
    (tmp_path / "other").touch()
    (tmp_path / "etc" / "other").touch()
    watched.child.open("other", directory=str(secret.parent))
    watched.events()
    watched.filter((SET[0], 0), sets=((("exact", bytes(secret)),),))
    assert not watched.reported("other")
    assert not watched.reported("etc/other")
    assert not watched.reported("other", dirfd=str(secret.parent))
    assert watched.reported("secret", dirfd=str(secret.parent))
    assert watched.reported("etc/secret")
    assert watched.probe.stats()["filtered"] == {"openat": 3}


def test_long_names_are_reported(watched: Watched, tmp_path: Path) -> None:
    deep = functools.reduce(lambda path, _: path / ("d" * 100), range(3), tmp_path)
    deep.mkdir(parents=True)
    watched.filter((SET[0], 0), sets=((("exact", b"/nonexistent"),),))
    assert watched.reported(deep)


def test_filters_are_exchanged_while_events_flow(watched: Watched) -> None:
    """The file is in all of the sets: whatever the tables are, no open of it is missed."""
    ways = [("exact", b"/etc/hosts"), ("prefix", b"/etc/"), ("suffix", b"hosts"), ("contains", b"tc/hos")]
    for number in range(40):
        watched.filter((OK | SET[number % 16], 0), sets=((ways[number % 4],),) * 16)
        assert watched.reported("/etc/hosts")
        assert not watched.reported("/dev/null")
    watched.probe.filter(None)
    assert watched.reported("/dev/null")
