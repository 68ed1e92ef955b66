# SPDX-License-Identifier: Apache-2.0
"""Each part on a small scale, against the live kernel. What is measured is looked at, not how much."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tiercel.bench.load import Worker
from tiercel.bench.parts import PARTS, load
from tiercel.bench.results import Figure
from tiercel.bench.session import Options, Session
from tiercel.errors import TiercelError

SMALL = Options(rounds=2, seconds=0.3, processes=20, rate=5000)


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(SMALL, lambda text: None) as made:
        yield made


def measured(session: Session, part: str) -> dict[tuple[str, str], Figure]:
    return {(figure.case, figure.measure): figure for figure in load(part).measure(session)}


def test_a_worker_that_ends_is_an_error() -> None:
    with pytest.raises(TiercelError, match="makes the load"), Worker(0) as worker:
        worker.run("sleep", 1)


@pytest.mark.kernel
def test_live(session: Session) -> None:
    found = measured(session, "live")
    assert found["getppid: no sensor", "time"].unit == "ns"
    for loop in ("openat+close", "getppid", "fork+exec", "connect"):
        for case in ("no rules", "default rules", "no file events", "every open kept"):
            assert len(found[f"{loop}: {case}", "ratio"].rounds) == 2
            assert found[f"{loop}: {case}", "sensor CPU"].value >= 0
    assert found["openat+close: every open kept", "lost"].value == 0
    assert 0.9 < found["openat+close: every open kept", "events"].value < 1.1
    assert found["openat+close: no file events", "events"].value < 0.1


@pytest.mark.kernel
def test_drops(session: Session) -> None:
    found = measured(session, "drops")
    assert found["one processor", "opened"].value > 1000
    assert 0 <= found["one processor", "lost"].value <= 100
    assert found["one processor", "without loss"].better == "higher"


@pytest.mark.kernel
def test_latency(session: Session) -> None:
    found = measured(session, "latency")
    for case in ("100 events/s", "5,000 events/s"):
        assert found[case, "alerts missing"].value == 0
        assert 0 < found[case, "p50"].value <= found[case, "p99"].value <= found[case, "worst"].value < 10_000


@pytest.mark.kernel
def test_flood(session: Session) -> None:
    found = measured(session, "flood")
    case = "opens in another group"
    assert found[case, "execs"].value > 0
    assert found[case, "alerts"].value > 0
    assert found[case, "execs lost"].value >= 0


@pytest.mark.kernel
def test_memory(session: Session) -> None:
    found = measured(session, "memory")
    for case in ("93 rules", "93 rules, 20 processes"):
        assert found[case, "own"].value + found[case, "files"].value <= found[case, "resident"].value * 1.01
        assert found[case, "resident"].value > 10


@pytest.mark.kernel
def test_start(session: Session) -> None:
    found = measured(session, "start")
    assert 0 < found["93 rules", "watching"].value <= found["93 rules", "first alert"].value
    assert found["93 rules", "CPU"].value > 0


@pytest.mark.kernel
def test_a_sensor_that_does_not_start_says_why() -> None:
    options = Options(rules=("/nonexistent.yaml",), rounds=1)
    with Session(options, lambda text: None) as session, pytest.raises(TiercelError, match="ended"):
        measured(session, "start")


def test_every_part_is_there() -> None:
    for part in PARTS:
        assert load(part.name).measure
