# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from tiercel import ActionResult
from tiercel.response.stats import ResponseCounters


def test_counters_by_response_and_outcome() -> None:
    counters = ResponseCounters()
    kill = ActionResult("kill", "killed", latency_ns=5, response="a")
    assert counters.add(kill)
    assert not counters.add(kill)
    assert counters.add(ActionResult("kill", "gone", latency_ns=50, response="a"))
    assert counters.add(ActionResult("run", "ran", latency_ns=9, response="b"))
    stats = counters.stats()
    assert stats.outcomes == {"a": {"killed": 2, "gone": 1}, "b": {"ran": 1}}
    assert stats.latency_ns == {"a": 5, "b": 9}
    assert stats.latency_sum_ns == {"a": 10, "b": 9}
    assert stats.total() == {"killed": 2, "gone": 1, "ran": 1}
