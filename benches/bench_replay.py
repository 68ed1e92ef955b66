# SPDX-License-Identifier: Apache-2.0
"""Cost of an event of a capture: reading, conversion, tables of threads and descriptors, record, rules."""

from __future__ import annotations

import pytest

from benches.material import calls_capture, rules_text
from tiercel import Ruleset, replay

N = 20_000


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """Programs that open, read and close a file, over and over."""
    path = tmp_path_factory.mktemp("bench") / "calls.scap"
    path.write_bytes(calls_capture(N))
    return path


@pytest.mark.parametrize("count", [1, 100])
def bench_no_match(benchmark, capture, count):
    """The common case: no rule matches, whatever their number."""
    rules = Ruleset.loads(rules_text(count))
    rules.compile()
    benchmark.extra_info["events"] = N

    def run():
        alerts = replay(capture, rules)
        for _ in alerts:
            pass
        return alerts.stats()

    assert benchmark(run).events == N
