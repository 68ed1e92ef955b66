# SPDX-License-Identifier: Apache-2.0
"""What an event of a capture costs: reading, old forms, tables of threads and descriptors, record, rules."""

from __future__ import annotations

import pytest

from benches.material import rules_text
from tests.support import scapfile
from tiercel import Ruleset, replay

N = 20_000


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """Programs that open, read and close a file, over and over."""
    calls = []
    for n in range(N // 4):
        at = scapfile.START + 4 * n
        calls.append(scapfile.call("openat", 3, -100, "/usr/share/doc/readme", 1, 0, 0, 7, ts=at))
        calls.append(scapfile.call("read", 80, bytes(80), 3, 80, ts=at + 1))
        calls.append(scapfile.call("close", 0, 3, ts=at + 2))
        calls.append(scapfile.call("fstat", -9, 3, ts=at + 3))
    path = tmp_path_factory.mktemp("bench") / "calls.scap"
    path.write_bytes(scapfile.capture(*calls))
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
