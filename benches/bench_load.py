# SPDX-License-Identifier: Apache-2.0
"""How long rule files take from text to a program in C, at the sizes that issue 3 names; the best round must keep its
limit.  What is measured is the time of this process, so that other work on the machine does not count.
"""

from __future__ import annotations

import time

import pytest

from tiercel import compiler
from tiercel._core.program import RuleProgram
from tiercel.bench.rules import generated
from tiercel.rules import load_text

ROUNDS = 3

pytestmark = pytest.mark.benchmark(timer=time.process_time)

# Seconds.
UPSTREAM, THOUSANDS, LONG_LIST = 0.5, 5.0, 0.2


def _load(text: str) -> RuleProgram:
    program = compiler.compile(load_text(text)).program
    assert program is not None
    return RuleProgram(program)


def _best(benchmark, text):
    program = benchmark.pedantic(_load, args=(text,), rounds=ROUNDS, warmup_rounds=1)
    assert len(program.rules) > 0
    return benchmark.stats.stats.min


def bench_as_many_as_upstream(benchmark):
    """93 rules with exceptions, long outputs and many macros."""
    assert _best(benchmark, generated(93)) < UPSTREAM


def bench_thousands(benchmark):
    """3,000 rules of the size that upstream's have."""
    assert _best(benchmark, generated(3000)) < THOUSANDS


def bench_long_list(benchmark):
    """A list of 10,000 items that one more rule uses: what it adds to a file of one rule."""
    items = ", ".join(f"word{number}" for number in range(10_000))
    head, rule = generated(1).split("- rule: ")
    text = f"{head}- list: long\n  items: [{items}]\n- rule: {rule.replace('(trusted)', '(long)')}"
    assert "(long)" in text
    assert _best(benchmark, text) < LONG_LIST
