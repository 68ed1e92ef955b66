# SPDX-License-Identifier: Apache-2.0
"""Events that wait for what is to be known of their container, on synthetic rings; the test is the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.compiling import rule
from support.fakering import FakeRing

from tiercel import compiler
from tiercel._core.program import RuleProgram
from tiercel._core.pump import Pump
from tiercel._core.queue import AlertQueue
from tiercel._core.threads import ProcessTable
from tiercel.rules import load_text
from tiercel.schema.wire import encode

START = 1_000_000_000
LONG = 60_000  # ms: as good as for ever
IMAGE = "user.name"  # as it is known when the container is
NONE = "<NA>"
LISTED = rule(f"evt.type = openat and fd.name startswith /app and {IMAGE} = shop", "listed", output=f"'%{IMAGE}'")
OTHERS = rule(
    f"evt.type = openat and fd.name startswith /etc and not {IMAGE} in (shop, bank)", "others", output=f"'%{IMAGE}'"
)
PLAIN = rule("evt.type = openat and fd.name startswith /var", "plain", output="'%proc.name'")
NAMED = rule("evt.type = openat and fd.name startswith /opt", "named", output=f"'%proc.name %{IMAGE}'")
RULES = LISTED + OTHERS + PLAIN + NAMED


def program(text: str = RULES) -> RuleProgram:
    compiled = compiler.compile(load_text(text))
    assert compiled.program is not None
    return RuleProgram(compiled.program)


def now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def header(pid: int, key: int) -> dict[str, int | str]:
    ids = dict.fromkeys(("tid", "tgid", "vtid", "vpid"), pid)
    return {"time_ns": now(), "start_ns": START, "comm": "start", "cgroup_id": key, "uid": 1000, **ids}


def full_id(number: int) -> str:
    return f"{number:02x}" * 32


def short_id(number: int) -> str:
    return full_id(number)[:12]


class Bench:
    """A pump on one ring. Process 100 + n is in container n, process 100 on the host."""

    def __init__(self, text: str = RULES, *, wait_ms: int = LONG, parts: tuple[str, ...] = ("names",), **options: Any):
        self.ring = FakeRing(1 << 20)
        self.queue = AlertQueue(capacity=100_000)
        self.table = ProcessTable()
        self.table.configure_metadata(parts, wait_ms * 1_000_000)
        rings = [(self.ring.fd, self.ring.size)]
        self.pump = Pump(rings, program(text), self.table, self.queue, **options)
        self.pump.start()

    def close(self) -> None:
        self.pump.stop()
        self.ring.close()

    def put(self, record: bytes) -> None:
        while self.ring.put(record) is None:
            time.sleep(0.001)

    def exec(self, container: int, name: str = "cat", pid: int = 0, **extra: Any) -> None:
        """A program starts in a container, or in number 0, on the host."""
        pid = pid or 100 + container
        group = f"/docker/{full_id(container)}" if container else "/"
        params: dict[str, Any] = {"res": 0, "exe": name, "args": "", "tid": pid, "pid": pid, "ptid": 1, "comm": name}
        params["cgroups"] = [f"cpuset={group}", f"memory={group}"]
        self.put(encode("execve", params, extra=extra, header=header(pid, 1000 + container)))

    def open(self, container: int, path: str, pid: int = 0) -> None:
        paths = {"name": path, "base": None, "real": path}
        params: dict[str, Any] = {"fd": 3, "dirfd": -100, "name": paths, "flags": 1, "mode": 0, "dev": 1, "ino": 5}
        file: dict[str, Any] = {"type": "file", "flags": 8, "path": path}
        self.put(encode("openat", params, header=header(pid or 100 + container, 1000 + container), file=file))

    def known(self, container: int, image: str = "shop") -> None:
        assert self.table.set_names(short_id(container), {1000: image}, {}, {}, {})

    def settle(self) -> None:
        """Wait until everything in the ring was looked at, held or not."""
        end = self.ring.producer
        while self.ring.consumer < end:
            time.sleep(0.0005)
        time.sleep(0.002)

    def taken(self) -> list[tuple[Any, ...]]:
        """(rule, first value, second …) of the alerts so far."""
        found = []
        while got := self.queue.pop_alerts(timeout=0):
            found += [(RULE_NAMES[alert.rule], *alert.values[:-3]) for _, alert in got]
        return found

    def alerts(self) -> list[tuple[Any, ...]]:
        """The same once everything was evaluated."""
        assert self.pump.flush(10)
        return self.taken()

    def stats(self) -> Mapping[str, Any]:
        return self.pump.stats_snapshot()


RULE_NAMES = ("listed", "others", "plain", "named", "i", "2", "3")


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
    assert (stats["unsure"], stats["untold"]) == (0, 0)
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
    bench = make(wait_ms=50)
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    bench.open(1, "/app/x")
    bench.settle()
    assert bench.taken() == []
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.rule, alert.values[0], alert.is_unsure) == (1, NONE, True)
    stats = bench.stats()
    assert (stats["overdue"], stats["unsure"], stats["skipped"], stats["untold"]) == (2, 1, 0, 1)
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
    assert (bench.stats()["held"], bench.stats()["unsure"]) == (1, 2)


def test_an_image_that_is_not_known_is_no_value(make: Callable[..., Bench]) -> None:
    text = rule("evt.type = openat and not container.image in (shop)", output="'%container.image'")
    bench = make(text, wait_ms=20, parts=("info",))
    bench.exec(1)
    bench.open(1, "/x")
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.values, alert.is_unsure) == ((None,), True)
    assert bench.table.set_container(short_id(1), {"image": "bank"})
    bench.open(1, "/x")
    assert bench.pump.flush(10)
    ((_, alert),) = bench.queue.pop_alerts(timeout=0)
    assert (alert.values, alert.is_unsure) == (("bank",), False)


def test_without_an_engine_nothing_waits(make: Callable[..., Bench]) -> None:
    bench = make(parts=())
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    assert bench.alerts() == [("others", NONE)]
    assert (bench.stats()["held"], bench.stats()["unsure"]) == (0, 1)


def test_nothing_waits_without_time_to_wait(make: Callable[..., Bench]) -> None:
    bench = make(wait_ms=0)
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    assert bench.alerts() == [("others", NONE)]
    assert (bench.stats()["held"], bench.stats()["unsure"]) == (0, 1)


def test_what_hangs_on_the_unknown_may_be_skipped(make: Callable[..., Bench]) -> None:
    bench = make(wait_ms=20, skips_unsure=True)
    bench.exec(1)
    bench.open(1, "/etc/shadow")
    bench.open(1, "/opt/x")
    assert bench.alerts() == [("named", "cat", NONE)]
    assert (bench.stats()["skipped"], bench.stats()["unsure"], bench.stats()["untold"]) == (1, 0, 1)
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
    assert stats["holding_peak"] < 16 << 20
    first = len(bench.taken())
    assert first == stats["hold_no_room"], "evaluated at once"
    bench.known(1, "evil")
    bench.known(2, "evil")
    assert first + len(bench.alerts()) == 1501
    assert bench.stats()["holding_bytes"] == 0


# With both parts: rules about either, and about both.
BOTH = (
    RULES
    + rule("evt.type = openat and fd.name startswith /img and container.image = shop", "i", output="'%proc.name'")
    + rule("evt.type = openat and fd.name startswith /two and container.image = shop and user.name = bank", "2")
    + rule("evt.type = openat and fd.name startswith /two and not container.image = bank", "3", output="'%user.name'")
)
PATHS = ("/app/x", "/etc/x", "/var/x", "/opt/x", "/usr/x", "/img/x", "/two/x")
ACTIONS = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 3), st.sampled_from(PATHS)),
    st.tuples(st.just("exec"), st.integers(0, 3), st.sampled_from(["cat", "dog", "cow"])),
    st.tuples(st.sampled_from(["known", "image"]), st.integers(1, 3), st.just("")),
    st.tuples(st.just("pause"), st.just(0), st.just("")),
)
IMAGES = ("", "shop", "bank", "evil")


class Play:
    """A bench on which containers act and become known as they are told to."""

    def __init__(self) -> None:
        text = BOTH.replace("output: '", "output: '%container.id ").replace("output: o", "output: '%container.id'")
        self.bench = Bench(text, parts=("info", "names"))
        self._answered: set[tuple[str, int]] = set()
        for container in range(4):
            self.bench.exec(container)
        self.bench.settle()

    def act(self, what: str, container: int, detail: str) -> None:
        if what == "open":
            self.bench.open(container, detail)
        elif what == "exec":
            self.bench.exec(container, detail)
        elif what == "pause":
            self.bench.settle()
        elif (what, container) not in self._answered:
            self._answered.add((what, container))
            if what == "known":
                self.bench.known(container, IMAGES[container])
            else:
                self.bench.table.set_container(short_id(container), {"image": IMAGES[container]})

    def answer(self) -> None:
        for container in (1, 2, 3):
            self.act("image", container, "")
            self.act("known", container, "")

    def alerts(self) -> dict[int, list[tuple[Any, ...]]]:
        """Those of each container, in order, once everything is evaluated."""
        found: dict[int, list[tuple[Any, ...]]] = {}
        for name, identity, *values in self.bench.alerts():
            found.setdefault(identity, []).append((name, *values))
        stats = self.bench.stats()
        assert stats["holding"] == stats["holding_bytes"] == 0
        assert stats["unsure"] == stats["untold"] == stats["hold_no_room"] == stats["overdue"] == 0
        return found


def run(actions: list[tuple[str, int, str]], *, early: bool) -> dict[int, list[tuple[Any, ...]]]:
    """What each container's alerts are; with ``early``, all are known before anything else happens."""
    play = Play()
    try:
        if early:
            play.answer()
        for action in actions:
            play.act(*action)
        play.bench.settle()
        play.answer()
        return play.alerts()
    finally:
        play.bench.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTIONS, max_size=40))
def test_what_waits_alerts_as_if_all_had_been_known(actions: list[tuple[str, int, str]]) -> None:
    assert run(actions, early=False) == run(actions, early=True)
