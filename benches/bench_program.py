# SPDX-License-Identifier: Apache-2.0
"""Cost of the rules per event, without the GIL."""

from __future__ import annotations

import pytest

from benches.material import evaluator_of, execve, openat, packaged_evaluator, rules_text
from tiercel._core.testing._testing import eval_repeat
from tiercel.bench.rules import generated

N = 10_000


@pytest.mark.parametrize("rules", [1, 10, 100, 1000])
def bench_no_match(benchmark, rules):
    """The common case: an open that none of so many rules matches."""
    evaluator = evaluator_of(rules_text(rules))
    benchmark.extra_info["events"] = N
    assert benchmark(eval_repeat, evaluator, openat(), N) == 0


@pytest.mark.parametrize("rules", [93, 1000])
@pytest.mark.parametrize("record", [openat(), execve("cat", "file")], ids=["openat", "execve"])
def bench_generated_rules(benchmark, record, rules):
    """An ordinary event against many rules of the size that published ones have: cost should not grow with them."""
    evaluator = evaluator_of(generated(rules))
    benchmark.extra_info["events"] = N
    assert benchmark(eval_repeat, evaluator, record, N) == 0


def bench_no_rule_of_the_type(benchmark):
    """An event of a type that no rule is about."""
    evaluator = evaluator_of(rules_text(100))
    benchmark.extra_info["events"] = N
    assert benchmark(eval_repeat, evaluator, execve("cat"), N) == 0


@pytest.mark.parametrize("record", [openat(), execve("cat", "file")], ids=["openat", "execve"])
def bench_packaged_rules(benchmark, record):
    """An ordinary event against the packaged rules."""
    evaluator = packaged_evaluator()
    benchmark.extra_info["events"] = N
    assert benchmark(eval_repeat, evaluator, record, N) == 0


def bench_match(benchmark):
    """An event that one rule of a hundred matches; the alert itself is not made."""
    evaluator = evaluator_of(rules_text(100))
    benchmark.extra_info["events"] = N
    assert benchmark(eval_repeat, evaluator, openat("/srv/app50/data"), N) == N


def bench_alert(benchmark):
    """From a record to the alert as Python objects: total cost of a match."""
    evaluator = evaluator_of(rules_text(100))
    record = openat("/srv/app50/data")
    (alert,) = benchmark(evaluator.feed, record)
    assert alert.rule == 50
