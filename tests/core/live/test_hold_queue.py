# SPDX-License-Identifier: Apache-2.0
"""Events that wait for what is to be known of their container, on synthetic rings; the test is the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.compiling import rule
from support.holding import IMAGE, NONE, START, Bench, header, now, program, short_id
from support.waiting import eventually

from tiercel.schema.wire import encode


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def bench(*args: Any, **options: Any) -> Bench:
        made.append(Bench(*args, **options))
        return made[-1]

    yield bench
    for one in made:
        one.close()


def test_an_event_waits_until_its_container_is_known(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.open(1, "/app/x")
    bench.settle()
    assert bench.taken() == []
    assert (bench.stats()["holding"], bench.stats()["held"], bench.stats()["released"]) == (1, 1, 0)
    bench.known(1)
    assert bench.alerts() == [("listed", "shop")]
    stats = bench.stats()
    assert (stats["holding"], stats["holding_bytes"], stats["released"], stats["overdue"]) == (0, 0, 1, 0)
    assert (stats["uncertain_matches"], stats["alerts_missing_metadata"]) == (0, 0)
    bench.open(1, "/app/y")
    assert bench.alerts() == [("listed", "shop")]
    assert bench.stats()["held"] == 1


def test_a_condition_on_an_image_counts_when_it_is_known(make: Callable[..., Bench]) -> None:
    bench = make()
    for container in (1, 2):
        bench.exec(container)
        bench.open(container, "/etc/shadow")
        bench.open(container, "/app/x")
    bench.settle()
    bench.known(1, "evil")
    bench.known(2, "shop")
    assert bench.alerts() == [("others", "evil"), ("listed", "shop")]


def test_what_no_rule_matches_is_not_held(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.open(1, "/usr/x")
    bench.settle()
    assert bench.stats()["held"] == 0


def test_events_of_others_go_on(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(0, "sh")
    bench.exec(1)
    bench.exec(2, "dog")
    bench.open(1, "/app/x")
    bench.open(0, "/var/x")
    bench.open(2, "/var/x")
    bench.settle()
    time.sleep(0.02)
    assert bench.taken() == [("plain", "sh"), ("plain", "dog")]
    bench.known(1)
    assert bench.alerts() == [("listed", "shop")]


def test_alerts_of_a_container_come_in_order(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.open(1, "/app/x")
    bench.open(1, "/var/x")
    bench.open(1, "/usr/x")
    bench.open(1, "/etc/x")
    bench.settle()
    assert bench.taken() == []
    assert bench.stats()["held"] == 3
    bench.known(1)
    assert bench.alerts() == [("listed", "shop"), ("plain", "cat")]


def test_order_is_kept_where_a_later_event_waits_for_less(make: Callable[..., Bench]) -> None:
    pod = rule("evt.type = openat and k8smeta.pod.name = web and user.name = shop", "pod", output="'%fd.name'")
    user = rule("evt.type = openat and fd.name startswith /u and user.name = shop", "user", output="'%fd.name'")
    bench = make(user + pod, parts=("names", "pod"))
    bench.exec(1)
    for path in ("/u1", "/p1", "/u2", "/p2", "/u3"):
        bench.open(1, path)
    bench.settle()
    assert bench.stats()["held"] == 5
    bench.known(1)
    first = bench.queue.pop_alerts(timeout=10)
    bench.settle()
    assert [alert.values[0] for _, alert in first] == ["/u1"], "the next one waits for the pod, too"
    assert bench.taken() == []
    assert bench.stats()["overdue"] == 0
    assert bench.table.set_pod(short_id(1), {"k8smeta.pod.name": "web"})
    assert [name for _, name in bench.alerts()] == ["/p1", "/u2", "/p2", "/u3"]


@pytest.mark.parametrize(
    ("output", "held"),
    [
        ("%evt.arg.uid", "setuid"),
        ("%evt.arg[1]", "setuid"),
        ("%evt.args", "setuid"),
        ("%evt.arg.res", ""),
        ("%evt.rawarg.uid", ""),
        ("%proc.name", ""),
    ],
)
def test_params_that_name_users_wait_for_these(make: Callable[..., Bench], output: str, held: str) -> None:
    text = rule("evt.type in (setuid, openat)", output=f"'{output} %evt.type'")
    bench = make(text, parts=("names",))
    bench.exec(1)
    bench.open(1, "/x")
    bench.put(encode("setuid", {"res": 0, "uid": 1000}, header=header(101, 1001)))
    bench.settle()
    first = [alert.values[1] for _, alert in bench.queue.pop_alerts(timeout=0)]
    assert first == (["openat"] if held else ["openat", "setuid"])
    bench.known(1)
    assert bench.pump.flush(5)
    later = [alert.values for _, alert in bench.queue.pop_alerts(timeout=0)]
    assert [values[1] for values in later] == ([held] if held else [])
    assert not later or "shop" in str(later[0][0])


def test_number_and_time_are_those_of_the_event(make: Callable[..., Bench]) -> None:
    text = rule(f"evt.type = openat and {IMAGE} = shop", output="'%evt.num %evt.time %evt.deltatime'")
    bench = make(text)
    bench.exec(1)
    before = time.time_ns()
    bench.open(1, "/a")
    after = time.time_ns()
    bench.open(0, "/b")
    bench.settle()
    time.sleep(0.05)
    bench.known(1)
    assert bench.pump.flush(5)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert alert.num == 2
    assert before - 1_000_000 < alert.time_ns < after + 1_000_000
    assert alert.values[0] == 2


def test_the_wait_is_bounded(make: Callable[..., Bench]) -> None:
    bench = make(wait_ms=500)
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    bench.open(1, "/app/x")
    bench.settle()
    assert bench.taken() == []
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.rule, alert.values[0], alert.is_uncertain) == (1, NONE, True)
    stats = bench.stats()
    assert (
        stats["overdue"],
        stats["uncertain_matches"],
        stats["suppressed_matches"],
        stats["alerts_missing_metadata"],
    ) == (2, 1, 0, 1)
    bench.known(1)
    bench.open(1, "/etc/shadow")
    assert bench.alerts() == []


def test_what_nobody_can_tell_is_not_waited_for(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    bench.settle()
    assert bench.table.names_missing(short_id(1))
    assert bench.alerts() == [("others", NONE)]
    assert bench.stats()["overdue"] == 0
    bench.open(1, "/etc/shadow")
    assert bench.alerts() == [("others", NONE)]
    assert (bench.stats()["held"], bench.stats()["uncertain_matches"]) == (1, 2)


def test_an_image_that_is_not_known_is_no_value(make: Callable[..., Bench]) -> None:
    text = rule("evt.type = openat and not container.image in (shop)", output="'%container.image'")
    bench = make(text, wait_ms=20, parts=("info",))
    bench.exec(1)
    bench.open(1, "/x")
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.values, alert.is_uncertain) == ((None,), True)
    assert bench.table.set_container(short_id(1), {"image": "bank"})
    bench.open(1, "/x")
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.values, alert.is_uncertain) == (("bank",), False)


def test_what_is_announced_is_not_waited_for_and_details_are(make: Callable[..., Bench]) -> None:
    image, privileged = "container.image.repository", "container.privileged"
    text = rule(f"evt.type = openat and {image} = shop and fd.name = /a", "listed", output=f"'%{image}'") + rule(
        f"evt.type = openat and {image} = shop and {privileged} = true and fd.name = /b",
        "others",
        output=f"'%{privileged}'",
    )
    bench = make(text, parts=("info", "details"))
    for container in (1, 2):
        bench.exec(container)
        bench.open(container, "/a")
        bench.open(container, "/b")
    bench.settle()
    assert bench.stats()["held"] == 4
    assert bench.table.announce_container(short_id(1), {"image.repository": "shop"})
    assert bench.table.announce_container(short_id(2), {"image.repository": "bank"})
    eventually(lambda: bench.stats()["holding"] == 1)
    assert bench.taken() == [("listed", "shop")]
    assert bench.table.set_container(short_id(1), {"image.repository": "shop", "privileged": True})
    assert bench.alerts() == [("others", True)]
    assert (bench.stats()["overdue"], bench.stats()["uncertain_matches"]) == (0, 0)


def test_details_that_do_not_come_are_counted(make: Callable[..., Bench]) -> None:
    text = rule("evt.type = openat and not container.privileged = true", output="'%container.name'")
    bench = make(text, wait_ms=500, parts=("info", "details"))
    bench.exec(1)
    bench.settle()
    assert bench.table.announce_container(short_id(1), {"name": "web"})
    bench.open(1, "/x")
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.values, alert.is_uncertain) == (("web",), True)
    assert (bench.stats()["overdue"], bench.stats()["uncertain_matches"]) == (1, 1)


def test_without_an_engine_nothing_waits(make: Callable[..., Bench]) -> None:
    bench = make(parts=())
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    assert bench.alerts() == [("others", NONE)]
    assert (bench.stats()["held"], bench.stats()["uncertain_matches"]) == (0, 1)


def test_nothing_waits_without_time_to_wait(make: Callable[..., Bench]) -> None:
    bench = make(wait_ms=0)
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    assert bench.alerts() == [("others", NONE)]
    assert (bench.stats()["held"], bench.stats()["uncertain_matches"]) == (0, 1)


def test_what_hangs_on_the_unknown_may_be_skipped(make: Callable[..., Bench]) -> None:
    bench = make(wait_ms=20, skips_uncertain=True)
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    bench.open(1, "/opt/x")
    assert bench.alerts() == [("named", "cat", NONE)]
    assert (
        bench.stats()["suppressed_matches"],
        bench.stats()["uncertain_matches"],
        bench.stats()["alerts_missing_metadata"],
    ) == (1, 0, 1)
    assert bench.stats()["matches"] == {1: [0, 0, 0, 1]}


def test_a_flush_waits_for_what_is_held(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.exec(2)
    bench.open(1, "/app/x")
    assert not bench.pump.flush(0.05)
    bench.known(1)
    bench.open(2, "/app/y")
    bench.settle()
    assert bench.taken() == [("listed", "shop")]
    bench.known(2)
    assert bench.alerts() == [("listed", "shop")]
    bench.exec(3)
    bench.open(3, "/app/z")
    assert not bench.pump.flush(0.05), "the next one does, too"


def test_a_stop_evaluates_what_is_held(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    bench.open(1, "/app/x")
    bench.settle()
    bench.pump.stop()
    assert bench.taken() == [("others", NONE)]
    assert (bench.stats()["holding"], bench.stats()["overdue"]) == (0, 2)


def test_what_is_held_goes_by_the_rules_of_the_time_when_it_is_evaluated(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.open(1, "/app/x")
    bench.open(1, "/etc/shadow")
    bench.settle()
    bench.pump.swap(program(rule("evt.type = openat", output="'%fd.name'")))
    assert bench.pump.flush(5)
    found = [(tag, alert.values[0]) for tag, alert in bench.queue.pop_alerts(timeout=0)]
    assert found == [(2, "/app/x"), (2, "/etc/shadow")]
    assert bench.stats()["holding"] == 0


def test_the_process_is_as_it_was(make: Callable[..., Bench]) -> None:
    fields = "%proc.name %proc.pname %proc.aname[2] %proc.sname %container.id"
    bench = make(rule(f"evt.type = openat and {IMAGE} = shop", output=f"'{fields}'"))
    bench.exec(1, "init", pid=101, sid=101)
    for parent, child in ((101, 102), (102, 103)):
        flags = {"child_tgid": child, "child_tid": child, "child_start_ns": START, "child_vpid": child}
        bench.put(encode("proc_fork", flags, header=header(parent, 1001)))
        bench.exec(1, f"p{child}", pid=child, sid=101)
    bench.open(1, "/a", pid=103)
    for pid in (101, 102, 103):
        bench.exec(1, "other", pid=pid, sid=pid)
    bench.settle()
    bench.known(1)
    assert bench.pump.flush(5)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert alert.values[:5] == ("p103", "p102", "init", "init", short_id(1))


def test_a_container_may_be_gone_when_it_is_known(make: Callable[..., Bench]) -> None:
    """It is in the table as long as one of its events is held."""
    bench = make()
    bench.exec(1)
    bench.open(1, "/app/x")
    bench.put(encode("procexit", {"status": 0, "reaper_tid": 1}, extra={"last": 1}, header=header(101, 1001)))
    late = header(100, 1000)
    late["time_ns"] = now() + 10_000_000_000
    bench.put(encode("openat", {"fd": -2}, header=late))
    bench.settle()
    assert bench.table.containers() == [short_id(1)]
    bench.known(1)
    assert bench.alerts() == [("listed", "shop")]
    assert bench.table.containers() == []


def test_room_is_bounded(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.exec(1)
    bench.exec(2)
    path = "/etc/" + "x" * 4000
    for _ in range(1500):
        bench.open(1, path)
    bench.open(2, path)
    bench.settle()
    stats = bench.stats()
    assert 0 < stats["hold_no_room"] < 1500
    assert stats["holding"] + stats["hold_no_room"] == 1501
    assert stats["holding_peak"] < 5 << 20, "a container has a quarter of 16 MiB"
    first = len(bench.taken())
    assert first == stats["hold_no_room"], "evaluated at once"
    bench.known(1, "evil")
    bench.known(2, "evil")
    assert first + len(bench.alerts()) == 1501
    assert bench.stats()["holding_bytes"] == 0


@pytest.mark.parametrize("skips_uncertain", [False, True])
def test_what_is_uncertain_is_counted_across_a_swap(make: Callable[..., Bench], skips_uncertain: bool) -> None:
    bench = make(wait_ms=0, skips_uncertain=skips_uncertain)
    bench.exec(1)
    once = (
        {"suppressed_matches": 1, "uncertain_matches": 0, "alerts_missing_metadata": 1}
        if skips_uncertain
        else {"suppressed_matches": 0, "uncertain_matches": 1, "alerts_missing_metadata": 2}
    )
    for turn in (1, 2, 3):
        bench.open(1, "/etc/shadow")
        bench.open(1, "/opt/x")
        assert bench.pump.flush(10)
        wanted = {name: turn * count for name, count in once.items()}
        assert {name: bench.stats()[name] for name in once} == wanted
        bench.pump.swap(program())
        assert {name: bench.stats()[name] for name in once} == wanted
