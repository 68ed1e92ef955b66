# SPDX-License-Identifier: Apache-2.0
"""Spool of one output: order, bound, damage, locks, and the end of the process at any time."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiercel.errors import OutputError
from tiercel.outputs.spool import Spool, SpoolDamagedError, spool_file

MIB = 1 << 20


def bodies(first: int, count: int, size: int = 600) -> list[bytes]:
    """Return distinct alerts."""
    return [b"%08d" % number + bytes(size - 8) for number in range(first, first + count)]


def numbers(spool: Spool) -> list[int]:
    """Return the numbers in the texts of all alerts."""
    found: list[int] = []
    while rows := spool.read(512):
        found += [int(body[:8]) for _, body in rows]
        spool.remove(rows[-1][0] + 1)
    return found


@pytest.fixture
def path(tmp_path: Path) -> str:
    return spool_file(str(tmp_path / "spool"), "http")


@pytest.fixture
def spool(path: str) -> Iterator[Spool]:
    made = Spool(path, MIB)
    made.open()
    yield made
    made.close()


def test_alerts_stay_in_order_until_they_are_removed(spool: Spool) -> None:
    assert (spool.add(bodies(0, 3)), spool.add(bodies(3, 2)), spool.count) == (0, 0, 5)
    assert [int(body[:8]) for _, body in spool.read(2)] == [0, 1]
    spool.remove(spool.read(2)[-1][0] + 1)
    assert (numbers(spool), spool.count) == ([2, 3, 4], 0)


def test_the_next_process_has_what_is_left(spool: Spool, path: str) -> None:
    spool.add(bodies(0, 5))
    spool.remove(spool.first + 2)
    spool.close()
    again = Spool(path, MIB)
    again.open()
    assert again.count == 3
    again.add(bodies(5, 1))
    assert numbers(again) == [2, 3, 4, 5]
    again.close()


def test_only_the_owner_has_access(spool: Spool, path: str) -> None:
    spool.add(bodies(0, 1))
    folder = Path(path).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o077 for file in folder.iterdir()} == {0}


@pytest.mark.parametrize("name", ["a/../../etc", "..", ".", "ü\n\0", "-x", "http-2"])
def test_a_hostile_name_stays_in_the_folder(name: str, tmp_path: Path) -> None:
    made = Spool(spool_file(str(tmp_path / "spool"), name), MIB)
    made.open()
    made.add(bodies(0, 1))
    made.close()
    (file,) = (tmp_path / "spool").iterdir()
    assert file.name.endswith(".spool")
    assert [entry.name for entry in tmp_path.iterdir()] == ["spool"]


def test_a_full_spool_loses_its_oldest_alerts_and_keeps_its_size(spool: Spool, path: str) -> None:
    rng = random.Random(1)
    lost = 0
    for at in range(0, 5000, 10):
        lost += spool.add([b"%08d" % number + rng.randbytes(600) for number in range(at, at + 10)])
        assert os.path.getsize(path) <= MIB
    spool.close()  # writes the log to the file
    assert os.path.getsize(path) <= MIB
    spool.open()
    assert lost > 2500
    assert numbers(spool) == [*range(lost, 5000)]


def test_a_spool_without_alerts_becomes_small(path: str) -> None:
    made = Spool(path, 32 * MIB)
    made.open()
    made.add(bodies(0, 10_000, 1000))
    numbers(made)
    made.close()
    assert os.path.getsize(path) < MIB


def test_large_alerts_are_read_a_few_at_a_time(path: str) -> None:
    made = Spool(path, 32 * MIB)
    made.open()
    made.add(bodies(0, 8, 900_000))
    assert len(made.read(512)) == 2
    assert made.has_room(bodies(0, 1, MIB))
    assert not made.has_room(bodies(0, 1, 31 * MIB))
    assert numbers(made) == [*range(8)]
    made.close()


def test_a_second_process_is_excluded(spool: Spool, path: str) -> None:
    with pytest.raises(OutputError, match="locked") as caught:
        Spool(path, MIB).open()
    assert (caught.value.code, caught.value.hint) == ("E805", "another process uses it; set another outputs_spool.path")
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM alerts')"
    other = subprocess.run([sys.executable, "-c", script, path], check=False, capture_output=True, text=True)
    assert "database is locked" in other.stderr
    spool.add(bodies(0, 1))


@pytest.mark.parametrize("content", [b"not a database at all" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database(content: bytes, path: str) -> None:
    Path(path).parent.mkdir(mode=0o700)
    Path(path).write_bytes(content)
    with pytest.raises(SpoolDamagedError, match=r"is not a database|malformed") as caught:
        Spool(path, MIB).open()
    assert caught.value.code == "E805"
    assert Path(path).read_bytes() == content, "the file of another program stays as it is"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("CREATE TABLE notes (text)", "is a file of another program"),
        ("PRAGMA application_id = 7; CREATE TABLE alerts (number, body)", "is a file of another program"),
        ("PRAGMA application_id = 0x74637370; PRAGMA user_version = 2; CREATE TABLE x (y)", "has version 2"),
        ("PRAGMA application_id = 0x74637370; PRAGMA user_version = 1; CREATE TABLE x (y)", "no such table"),
    ],
)
def test_a_database_of_another_program_or_version(script: str, text: str, path: str) -> None:
    Path(path).parent.mkdir(mode=0o700)
    with sqlite3.connect(path) as db:
        db.executescript(script)
    db.close()
    with pytest.raises(OutputError, match=text):
        Spool(path, MIB).open()


def test_a_file_that_is_damaged_later(spool: Spool, path: str) -> None:
    spool.add(bodies(0, 1000))
    spool.close()
    with Path(path).open("r+b") as file:
        file.seek(16384 * 2)
        file.write(b"\xff" * 16384 * 8)
    with pytest.raises(SpoolDamagedError, match=r"malformed|missing"):  # noqa: PT012 - when SQLite reads the page
        spool.open()
        numbers(spool)


def test_a_folder_that_others_can_enter_or_that_cannot_be_made(path: str, tmp_path: Path) -> None:
    Path(path).parent.mkdir(mode=0o755)
    with pytest.raises(OutputError, match="not private") as caught:
        Spool(path, MIB).open()
    assert caught.value.hint == "make it private: chmod 700"
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"File exists|Not a directory"):
        Spool(str(tmp_path / "file" / "spool"), MIB).open()


def test_a_link_is_not_followed(path: str, tmp_path: Path) -> None:
    Path(path).parent.mkdir(mode=0o700)
    Path(path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="is not a regular file"):
        Spool(path, MIB).open()
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_loses_nothing_that_is_stored(spool: Spool) -> None:
    spool.add(bodies(0, 10))
    assert spool._db is not None
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite reports the same error for a full disk
    with pytest.raises(OutputError, match="full") as caught:
        spool.add(bodies(10, 500))
    assert caught.value.hint == "the disk is full"
    assert numbers(spool) == [*range(10)]


def test_what_cannot_be_deleted_is_not_read_again(spool: Spool, path: str) -> None:
    spool.add(bodies(0, 10))
    spool.close()
    with pytest.raises(OutputError):
        spool.remove(spool.first + 4)
    spool.open()
    assert numbers(spool) == [*range(4, 10)]


WRITER = """
import sys
from tiercel.outputs.spool import Spool
spool = Spool(sys.argv[1], 64 << 20)
spool.open()
first = int(sys.argv[2])
for number in range(first, first + 1_000_000):
    spool.add([b"%08d" % number + bytes(600)])
    print(number, flush=True)
"""


def test_sigkill_loses_no_alert_that_was_added(path: str) -> None:
    stored = 0
    for _ in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path, str(stored)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        with writer.stdout:
            for _ in range(500):
                stored = int(writer.stdout.readline()) + 1
            writer.send_signal(signal.SIGKILL)
            for line in writer.stdout:
                stored = int(line) + 1 if line.endswith("\n") else stored
        writer.wait()
        with sqlite3.connect(path) as db:
            found = [int(body[:8]) for (body,) in db.execute("SELECT body FROM alerts ORDER BY number")]
        db.close()
        assert found == [*range(len(found))]
        assert len(found) in (stored, stored + 1), "at most the last one was added and not printed"
        stored = len(found)


def test_the_child_of_a_fork_leaves_the_file_alone(spool: Spool, path: str) -> None:
    spool.add(bodies(0, 3))
    script = f"""
import os, sys
from tiercel.outputs.spool import Spool
spool = Spool({path!r}, {MIB})
spool.open()
spool.add([b"%08d" % number for number in range(3)])
if os.fork() == 0:
    assert not spool.is_open
    spool.close()
    del spool
    sys.exit(0)  # the interpreter deletes all objects
os.wait()
assert os.path.getsize({path!r} + "-wal") > 0, "the log is there"
spool.add([b"%08d" % 3])
os._exit(7)
"""
    spool.close()
    os.remove(path)
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (7, "")
    spool.first = 1
    spool.open()
    assert numbers(spool) == [0, 1, 2, 3]
