# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

from tiercel import ActionResult
from tiercel.response.result import latency_since


def test_text_of_a_result_of_a_response() -> None:
    result = ActionResult("kill", "killed", "", 7, 1_500_000, "Miner", "stop miners")
    assert str(result) == "response 'stop miners' to rule 'Miner': kill (pid 7): killed after 1.500 ms"
    assert result.done


def test_text_of_a_result_without_a_response() -> None:
    result = ActionResult("freeze", "denied", "no permission")
    assert str(result) == "freeze: denied after 0.000 ms: no permission"
    assert not result.done


def test_a_result_as_a_dict() -> None:
    assert ActionResult("stop", "gone", pid=3).to_dict() == {
        "action": "stop",
        "outcome": "gone",
        "detail": "",
        "pid": 3,
        "latency_ns": 0,
        "rule": "",
        "response": "",
    }


def test_latency_counts_from_the_event() -> None:
    began = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert 0 <= latency_since(began) < 60_000_000_000
    assert latency_since(began + 10**12) == 0
    assert latency_since(0) == 0
