# SPDX-License-Identifier: Apache-2.0
"""Limiter of repeated alerts."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_alerts import TIME_NS, made_alert

from tiercel import Alert, AlertLimit, AlertLimiter, Priority
from tiercel.errors import UsageError

SECOND = 1_000_000_000


def at(seconds: float, fields: dict[str, Any] | None = None, **others: Any) -> Alert:
    return made_alert(fields or {}, time_ns=TIME_NS + round(seconds * SECOND), **others)


def seen(alerts: list[Alert]) -> list[tuple[float, str]]:
    return [((one.time_ns - TIME_NS) / SECOND, one.message) for one in alerts]


def test_without_limits_all_alerts_pass() -> None:
    alerts = [at(0), at(0), at(0)]
    assert AlertLimiter([]).filter(alerts) == alerts


def test_the_first_alert_passes_and_a_summary_replaces_the_others() -> None:
    limiter = AlertLimiter([AlertLimit(window=10)])
    first = at(0)
    assert limiter.filter([first, at(1), at(2), at(9.5)]) == [first]
    last = at(30)
    summary, *others = limiter.filter([last])
    assert others == [last]
    assert seen([summary]) == [(10, "3 more alerts within 10 s like this: message")]
    assert (summary.rule, summary.priority, summary.source) == (first.rule, first.priority, first.source)
    facts = {
        "suppressed.count": 3,
        "suppressed.first": TIME_NS + SECOND,
        "suppressed.last": TIME_NS + round(9.5 * SECOND),
    }
    assert summary.fields == {"evt.time": TIME_NS + 10 * SECOND, **facts}
    assert json.loads(summary.to_json())["output_fields"] == summary.fields
    assert limiter.finish() == []
    stats = limiter.stats()
    assert (stats.suppressed, stats.summaries, stats.open) == ({"A rule": 3}, 1, 0)


def test_the_window_begins_with_its_first_alert_and_excludes_its_end() -> None:
    limiter = AlertLimiter([AlertLimit(window=10)])
    assert len(limiter.filter([at(0), at(10), at(19.999), at(20)])) == 4  # one of them is a summary


def test_several_alerts_may_pass() -> None:
    limiter = AlertLimiter([AlertLimit(window=10, max=2)])
    assert seen(limiter.filter([at(0), at(1), at(2)])) == [(0, "message"), (1, "message")]
    assert seen(limiter.finish()) == [(2, "1 more alert within 10 s like this: message")]


def test_values_of_the_fields_distinguish_alerts() -> None:
    limiter = AlertLimiter([AlertLimit(fields=("fd.name", "proc.env"))])
    given = [{"fd.name": name, "proc.env": env} for name in ("/a", "/b", None) for env in (["A=1"], [], None)]
    alerts = [at(number, fields) for number, fields in enumerate(given)]
    assert limiter.filter(alerts) == alerts
    assert limiter.filter([at(20, given[0])]) == []
    (summary,) = limiter.finish()
    assert summary.fields["fd.name"] == "/a"
    assert summary.fields["proc.env"] == ["A=1"]


def test_rules_are_limited_separately_and_the_first_limit_counts() -> None:
    limits = [AlertLimit(rules=("A",), max=2), AlertLimit(priorities=(Priority.WARNING,))]
    limiter = AlertLimiter(limits)
    alerts = [at(0, rule=rule, priority=priority) for rule, priority in
              [("A", Priority.WARNING)] * 3 + [("B", Priority.WARNING)] * 3 + [("C", Priority.ERROR)] * 3]  # fmt: skip
    assert Counter(one.rule for one in limiter.filter(alerts)) == {"A": 2, "B": 1, "C": 3}
    assert limiter.stats().suppressed == {"A": 1, "B": 2}


def test_internal_alerts_pass() -> None:
    alerts = [at(0, source="internal"), at(0, source="internal")]
    assert AlertLimiter([AlertLimit()]).filter(alerts) == alerts


def test_an_alert_without_a_field_of_the_limit_passes() -> None:
    limiter = AlertLimiter([AlertLimit(fields=("fd.name",))])
    alerts = [at(0, {"proc.name": "a"}), at(0, {"proc.name": "a"})]
    assert limiter.filter(alerts) == alerts
    assert limiter.stats().lacking == 2


def test_the_table_is_bounded_and_evictions_are_reported() -> None:
    limiter = AlertLimiter([AlertLimit(fields=("fd.name",))], capacity=2)
    found = limiter.filter([at(number, {"fd.name": name}) for number, name in enumerate("aabbcc")])
    assert seen(found) == [
        (0, "message"),
        (2, "message"),
        (1, "1 more alert within 60 s like this: message"),  # of a, whose window made room
        (4, "message"),
    ]
    assert (limiter.stats().evicted, limiter.stats().open) == (1, 2)
    assert len(limiter.finish()) == 2
    with pytest.raises(UsageError, match="capacity"):
        AlertLimiter([], capacity=0)


def test_windows_end_in_the_order_of_their_ends() -> None:
    limits = [AlertLimit(rules=("slow",), window=100), AlertLimit(window=10)]
    limiter = AlertLimiter(limits)
    limiter.filter([at(0, rule="slow"), at(1, rule="slow"), at(50, rule="fast"), at(51, rule="fast")])
    assert limiter.expire(TIME_NS + 59 * SECOND) == []
    found = limiter.expire(TIME_NS + 100 * SECOND)
    assert [one.rule for one in found] == ["fast", "slow"]


def test_late_alerts_belong_to_the_window_and_a_clock_set_back_ends_it() -> None:
    limiter = AlertLimiter([AlertLimit(window=10)])
    assert len(limiter.filter([at(5), at(4), at(6)])) == 1
    (summary, alert) = limiter.filter([at(-100)])
    assert summary.fields["suppressed.count"] == 2
    assert summary.fields["suppressed.first"] == TIME_NS + 4 * SECOND
    assert alert.message == "message"


def test_a_summary_has_no_event_and_can_be_pickled() -> None:
    limiter = AlertLimiter([AlertLimit()])
    limiter.filter([at(0, message="x" * 5000), at(1)])
    (summary,) = limiter.finish()
    assert summary.process.pid is None
    assert summary.event.type == "summary"
    assert len(summary.message) < 1100
    assert pickle.loads(pickle.dumps(summary)).to_json() == summary.to_json()


def test_other_limits_end_the_windows() -> None:
    limiter = AlertLimiter([AlertLimit()])
    limiter.filter([at(0), at(1)])
    assert limiter.replace([AlertLimit()]) == []
    assert len(limiter.replace([AlertLimit(window=1)])) == 1
    assert limiter.limits == (AlertLimit(window=1),)
    assert len(limiter.filter([at(2)])) == 1


ALERTS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.sampled_from("xyz")), max_size=60)


@settings(max_examples=examples(200), deadline=None)
@given(steps=ALERTS, window=st.integers(1, 20), most=st.integers(1, 3), capacity=st.integers(1, 3))
def test_each_alert_passes_or_is_in_a_summary(
    steps: list[tuple[int, str, str]], window: int, most: int, capacity: int
) -> None:
    """Whole batches and single alerts give the same lines; nothing is lost, and no window passes too many."""
    now, alerts = 0, []
    for step, rule, name in steps:
        now += step
        alerts.append(at(now, {"fd.name": name}, rule=rule))
    limits = [AlertLimit(rules=("a",), fields=("fd.name",), window=window, max=most), AlertLimit(window=window)]
    whole, single = (AlertLimiter(limits, capacity=capacity) for _ in range(2))
    found = [*whole.filter(alerts), *whole.finish()]
    again = [*(one for alert in alerts for one in single.filter([alert])), *single.finish()]
    assert [one.to_json() for one in again] == [one.to_json() for one in found]
    passed = [one for one in found if "suppressed.count" not in one.fields]
    suppressed = sum(one.fields.get("suppressed.count", 0) for one in found)
    assert len(passed) + suppressed == len(alerts)
    assert suppressed == sum(whole.stats().suppressed.values())
    assert [one for one in alerts if one in passed] == passed
