# SPDX-License-Identifier: Apache-2.0
"""An alert of a held event prints the same as without the wait; and other differences that the wait could make."""

from __future__ import annotations

import itertools
import time
from contextlib import closing
from typing import Any

import pytest
from support import holding
from support.compiling import rule
from support.holding import IMAGE, Bench, full_id, header, now, short_id
from support.waiting import eventually

from tiercel._core.live.capture_ring import CaptureRing
from tiercel.schema.wire import encode

SHOWN = (
    "%evt.num %evt.deltatime %evt.reltime %proc.name %proc.pid %proc.aname[1] %proc.sname %proc.pgid.name"
    " %proc.vpgid.name %evt.args %thread.exectime"
)
LEADERS = {"sid": 202, "pgid": 203, "vpgid": 204}


def shown(base: int, *, early: bool) -> list[tuple[Any, ...]]:
    """The values that alerts print of a container's process and the processes it names; all change right afterwards."""
    bench = Bench(rule(f"evt.type in (openat, kill, switch) and {IMAGE} = shop", output=f"'{SHOWN}'"))
    ticks = itertools.count(1)
    with closing(bench), pytest.MonkeyPatch.context() as patch:
        patch.setattr(holding, "now", lambda: base + next(ticks) ** 2 * 1_000_000)
        for pid in (101, *LEADERS.values(), 205):
            bench.exec(1, f"p{pid}", pid=pid, **LEADERS)
        bench.settle()
        if early:
            bench.known(1)
        calls: list[tuple[str, dict[str, Any]]] = [
            ("switch", {"next": 205}),
            ("getuid", {"uid": 1000}),
            ("kill", {"res": 0, "pid": 205, "sig": 9}),
            ("openat", {"fd": -2}),
            ("switch", {"next": 205}),
            ("switch", {"next": 205}),
        ]
        for name, params in calls:
            bench.put(encode(name, params, header=header(101, 1001)))
        bench.settle()
        for pid in (101, *LEADERS.values(), 205):
            bench.exec(1, "other", pid=pid, sid=pid, pgid=pid, vpgid=pid)
        bench.settle()
        bench.known(1)
        assert bench.pump.flush(10)
        assert bench.stats()["held"] == (0 if early else 5)
        return [alert.values for _, alert in bench.queue.pop_alerts(timeout=0)]


def test_a_held_event_prints_what_it_would_have_at_once() -> None:
    base = now() - 1_000_000_000
    found = shown(base, early=False)
    assert found == shown(base, early=True)
    assert len(found) == 5
    text = str(found)
    assert all(f"p{pid}" in text for pid in (101, *LEADERS.values(), 205))
    assert "other" not in text


def test_the_wait_for_one_part_does_not_last_as_long_as_that_for_another() -> None:
    """The image is looked up when the control group is made, names when the first process is there."""
    image = "container.image.repository"
    text = rule(f"evt.type = openat and fd.name = /a and not {image} = shop") + rule(
        "evt.type = openat and fd.name = /b", "named", output="'%user.name'"
    )
    with closing(Bench(text, wait_ms=3000, parts=("info", "names"))) as bench:
        group = {"id": 1001, "is_key": 0, "path": f"/docker/{full_id(1)}"}
        bench.put(encode("cgroup_new", group, header={**header(1, 1000), "time_ns": now()}))
        eventually(lambda: bench.table.containers() == [short_id(1)])
        time.sleep(2)
        bench.exec(1)
        bench.open(1, "/a")
        begun = time.monotonic()
        assert bench.pump.flush(10)
        assert time.monotonic() - begun < 2
        assert (bench.stats()["held"], bench.stats()["overdue"]) == (1, 1)


@pytest.mark.parametrize("source", ["evt.arg.uid", "toupper(evt.arg.uid)", 'concat(evt.arg.uid, "x")'])
@pytest.mark.parametrize("is_compared", [True, False])
def test_params_that_name_users_wait_for_these(source: str, is_compared: bool) -> None:
    condition = f"evt.type = setuid and {source} in (shop, SHOP, shopx)" if is_compared else "evt.type = setuid"
    with closing(Bench(rule(condition, output="'%proc.name'" if is_compared else f"'%{source}'"))) as bench:
        bench.exec(1)
        bench.put(encode("setuid", {"res": 0, "uid": 1000}, header=header(101, 1001)))
        bench.settle()
        assert bench.stats()["held"] == 1
        bench.known(1)
        assert bench.pump.flush(5)
        ((_, alert),) = bench.queue.pop_alerts(timeout=0)
        assert is_compared or alert.values[0] in ("shop", "SHOP", "shopx")


def test_looking_whether_an_event_waits_takes_no_room_from_its_evaluation() -> None:
    """Texts that are made of others have 256 KiB for each evaluation."""
    names = " and ".join(f'not concat(fd.name, "y{count}") = z' for count in range(40))
    text = rule(f"evt.type = openat and {names}") + rule(f"evt.type = openat and fd.name = /x and {IMAGE} = shop", "x")
    with closing(Bench(text)) as bench:
        bench.exec(1)
        bench.open(1, "/" + "x" * 4000)
        assert bench.pump.flush(5)
        assert len(bench.queue.pop_alerts(timeout=0)) == 1
        assert (bench.stats()["held"], bench.stats()["overflows"]) == (0, 0)


def test_a_capture_lasts_as_long_as_it_should_after_a_wait() -> None:
    """The duration starts at the alert: the wait is not subtracted."""
    with closing(Bench(captures=[(True, 400)] * 4)) as bench:
        recorder = CaptureRing(bench.table, span=0.0, duration=9.0)
        bench.pump.record(recorder)
        bench.exec(1)
        bench.open(1, "/app/x")
        bench.settle()
        time.sleep(0.6)
        bench.known(1)
        assert bench.pump.flush(5)
        assert recorder.wait(5)
        recorder.take(timeout=0.0)
        bench.open(0, "/usr/later")
        assert bench.pump.flush(5)
        assert recorder.take(timeout=0.0)
        assert not recorder.finish()
        eventually(recorder.finish)
