# SPDX-License-Identifier: Apache-2.0
"""Queue on disk: order, losses and counters, and memory in place of a file that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View

from tiercel.errors import OutputError
from tiercel.outputs import spool_queue
from tiercel.outputs.spool import Spool, spool_file
from tiercel.outputs.spool_queue import SpoolQueue

MIB = 1 << 20
RANDOM = os.urandom(3000).hex()


class Large(View):
    """Alert of about 3 KB that cannot be compressed well."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return RANDOM[self.number % 1000 :] + str(self.number)

    output = "short"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return spool_file(str(tmp_path / "spool"), "http")


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a file that failed with each alert again."""
    monkeypatch.setattr(spool_queue, "_FIRST_RETRY", 0.0)
    monkeypatch.setattr(spool_queue, "_MAX_RETRY", 0.0)


def made(path: str, limit: int = 16 * MIB, capacity: int = 100) -> tuple[SpoolQueue, list[OutputError]]:
    errors: list[OutputError] = []
    return SpoolQueue(Spool(path, limit), capacity, errors.append), errors


def views(*numbers: int, kind: type[View] = View) -> list[View]:
    return [kind(number) for number in numbers]


def never() -> bool:
    return False


def shown(alerts: Sequence[Any]) -> list[int]:
    return [alert.fields["evt.num"] for alert in alerts]


def drained(queue: SpoolQueue) -> list[int]:
    found: list[int] = []
    while len(queue):
        found += shown(alerts := queue.peek(512))
        queue.done(len(alerts))
    return found


def test_alerts_stay_until_they_are_done_and_over_a_restart(path: str) -> None:
    queue, errors = made(path)
    assert queue.put(views(*range(200)), never) == 0
    assert shown(queue.peek(2)) == shown(queue.peek(2)) == [0, 1]
    queue.done(1)
    assert (len(queue), queue.spooled, queue.queued) == (199, 199, 0)
    queue.peek(100)
    queue.close()
    queue.done(100)  # of a thread that was late: these are delivered again
    assert (queue.spooled, queue.queued) == (199, 0)
    again, more = made(path)
    again.put(views(200), never)
    assert drained(again) == [*range(1, 201)]
    assert errors == more == []
    again.close()


def test_a_full_spool_loses_its_oldest_and_counts_them(path: str) -> None:
    queue, errors = made(path, MIB)
    for at in range(0, 2000, 50):
        assert queue.put(views(*range(at, at + 50), kind=Large), never) == 0
    assert queue.dropped > 1000
    assert drained(queue) == [*range(queue.dropped, 2000)]
    assert [error.code for error in errors] == ["E804"]
    queue.close()


@pytest.mark.parametrize("delivered", [0, 3, 512])
def test_alerts_that_the_consumer_has_count_as_lost_only_if_it_fails(delivered: int, path: str) -> None:
    queue, _ = made(path, MIB)
    queue.put(views(*range(200), kind=Large), never)
    taken = shown(queue.peek(512))
    for at in range(200, 1000, 50):
        queue.put(views(*range(at, at + 50), kind=Large), never)
    finished = min(delivered, len(taken))
    queue.done(finished)
    rest = drained(queue)
    assert finished + queue.dropped + len(rest) == 1000
    assert rest == [*range(1000 - len(rest), 1000)]
    queue.close()


@contextmanager
def consumer(queue: SpoolQueue) -> Iterator[list[int]]:
    """Take and remove alerts in a thread; at the end of the context, until the queue is empty."""
    seen: list[int] = []
    ending = threading.Event()

    def consume() -> None:
        while not ending.is_set() or len(queue):
            alerts = queue.peek(50)
            seen.extend(shown(alerts))
            queue.done(len(alerts))

    thread = threading.Thread(target=consume)
    thread.start()
    try:
        yield seen
    finally:
        ending.set()
        thread.join()


def test_a_caller_that_waits_gets_room(path: str) -> None:
    queue, _ = made(path, MIB)
    with consumer(queue) as seen:
        assert queue.put(views(*range(1000), kind=Large), lambda: True) == 0
    assert (seen, queue.dropped) == ([*range(1000)], 0)
    queue.close()


def test_a_caller_that_waits_gets_room_in_memory(path: str) -> None:
    Path(path).parent.write_text("no folder")
    queue, _ = made(path, capacity=3)
    with consumer(queue) as seen:
        assert queue.put(views(*range(200)), lambda: True) == 0
    assert (seen, queue.dropped, queue.spooled) == ([*range(200)], 0, 0)
    assert queue.put(views(*range(200)), never) == 197
    queue.close()


def test_a_consumer_that_found_nothing_keeps_no_alerts_from_the_file(path: str) -> None:
    queue, _ = made(path, capacity=3)
    assert queue.peek(50) == []
    assert queue.put(views(*range(200)), never) == 0
    assert (queue.queued, queue.spooled) == (0, 200)
    queue.done(0)
    assert drained(queue) == [*range(200)]
    queue.close()


def test_an_alert_that_is_larger_than_the_spool_is_refused_alone(path: str) -> None:
    class Huge(View):
        message = os.urandom(MIB // 2).hex()

    queue, _ = made(path, MIB)
    assert queue.put([*views(0, 1), Huge(2), *views(3)], never) == 1
    assert drained(queue) == [0, 1, 3]
    queue.close()


def test_another_process_has_the_file_for_a_while(path: str) -> None:
    other = Spool(path, MIB)
    other.open()
    queue, errors = made(path, capacity=3)
    assert queue.put(views(0, 1), never) == 0
    assert queue.put(views(2, 3), never) == 1
    assert (len(queue), queue.queued, queue.spooled) == (3, 3, 0)
    assert {error.code for error in errors} == {"E805"}
    assert "locked" in errors[0].text
    assert shown(queue.peek(2)) == [0, 1]
    queue.done(1)
    other.close()
    queue.put(views(4), never)
    assert (queue.queued, queue.spooled) == (0, 3)
    assert drained(queue) == [1, 2, 4]
    queue.close()


def test_alerts_that_the_consumer_has_from_memory_are_not_written(path: str) -> None:
    other = Spool(path, MIB)
    other.open()
    queue, _ = made(path)
    queue.put(views(0, 1, 2), never)
    assert shown(queue.peek(2)) == [0, 1]
    other.close()
    queue.put(views(3), never)
    assert queue.spooled == 0
    queue.done(2)
    assert (queue.queued, queue.spooled) == (0, 2)
    assert drained(queue) == [2, 3]
    queue.close()


def test_at_the_end_memory_goes_to_the_file(path: str) -> None:
    other = Spool(path, MIB)
    other.open()
    queue, _ = made(path)
    queue.put(views(0, 1, 2), never)
    other.close()
    queue.close()
    assert (queue.queued, queue.spooled) == (0, 3)


def test_a_damaged_file_is_reported_and_memory_is_used(path: str) -> None:
    Path(path).parent.mkdir(mode=0o700)
    Path(path).write_bytes(b"no database" * 10_000)
    queue, errors = made(path)
    queue.put(views(0, 1), never)
    assert errors[0].hint == "move the file away; tiercel makes another one"
    assert drained(queue) == [0, 1]
    Path(path).unlink()
    queue.put(views(2), never)
    assert (queue.queued, queue.spooled) == (0, 1)
    queue.close()


def test_a_file_that_is_damaged_while_it_is_read(path: str) -> None:
    queue, errors = made(path)
    queue.put(views(*range(100)), never)
    queue._spool._db.execute("DELETE FROM alerts")  # type: ignore[union-attr]
    assert queue.peek(10) == []
    queue.done(0)
    assert "missing" in errors[0].text
    queue.put(views(100), never)
    assert drained(queue) == [100]
    queue.close()


def test_damaged_alerts_are_skipped_and_counted(path: str) -> None:
    queue, errors = made(path)
    queue.put(views(*range(10)), never)
    queue.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE alerts SET body = ? WHERE number IN (1, 2, 6)", (b"x",))
    db.close()
    again, errors = made(path)
    assert shown(again.peek(512)) == [2, 3, 4]
    assert drained(again) == [2, 3, 4, 6, 7, 8, 9]
    assert again.dropped == 3
    assert {error.code for error in errors} == {"E805"}
    again.close()


def test_a_full_disk(path: str) -> None:
    queue, errors = made(path)
    db = queue._spool._db
    assert db is not None
    queue.put(views(*range(100)), never)
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    queue.put(views(*range(100, 150), kind=Large), never)
    assert queue.queued > 0
    assert [error.hint for error in errors] == ["the disk is full"]
    assert drained(queue) == [*range(150)]
    queue.close()


def test_a_smaller_size_applies_at_once(path: str) -> None:
    queue, _ = made(path)
    queue.put(views(*range(1000), kind=Large), never)
    queue.resize(10, MIB)
    queue.put(views(1000), never)
    rest = drained(queue)
    assert queue.dropped + len(rest) == 1001
    assert 100 < len(rest) < 400
    queue.close()
