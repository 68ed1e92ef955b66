# SPDX-License-Identifier: Apache-2.0
"""Time from rules to a program in C: by phase, and in total.

The last three have limits in processor seconds of this process, which exclude other work of the machine: with as many
rules as upstream has, with thousands, and for a list of 10,000 items that one more rule uses.
"""

from __future__ import annotations

import time

import pytest

from benches.material import PACKAGED
from tiercel import compiler
from tiercel._core.eval.program_build import RuleProgram
from tiercel.bench.rules import generated
from tiercel.rules import load_files, load_text

ROUNDS = 3
COUNTS = [93, 1000]
UPSTREAM, THOUSANDS, LONG_LIST = 0.5, 5.0, 0.2

pytestmark = pytest.mark.benchmark(timer=time.process_time)


@pytest.mark.parametrize("count", COUNTS)
def bench_each_rule(benchmark, count):
    """Parse, expand, resolve, check types, fold: each rule by itself."""
    files = load_text(generated(count))
    checked = benchmark.pedantic(compiler.check_rules, args=(files,), rounds=ROUNDS, warmup_rounds=1)
    assert len(checked.rules) == count


@pytest.mark.parametrize("count", COUNTS)
def bench_all_rules_together(benchmark, count):
    """Split by event type, order, share, lower, plan."""
    checked = compiler.check_rules(load_text(generated(count)))
    compiled = benchmark.pedantic(compiler.link, args=(checked,), rounds=ROUNDS, warmup_rounds=1)
    assert compiled.program is not None


@pytest.mark.parametrize("count", COUNTS)
def bench_into_c(benchmark, count):
    """Copy the program into C arrays, and make its tables."""
    program = compiler.compile(load_text(generated(count))).program
    made = benchmark.pedantic(RuleProgram, args=(program,), rounds=ROUNDS, warmup_rounds=1)
    assert len(made.rules) == count


def bench_packaged_rules(benchmark):
    """The packaged rules, from files to C."""
    program = benchmark(lambda: RuleProgram(compiler.compile(load_files([PACKAGED])).program))
    assert len(program.rules) > 10


def _in_all(text: str) -> RuleProgram:
    return RuleProgram(compiler.compile(load_text(text)).program)


def _best(benchmark, text: str) -> float:
    program = benchmark.pedantic(_in_all, args=(text,), rounds=ROUNDS, warmup_rounds=1)
    assert len(program.rules) > 0
    return benchmark.stats.stats.min


def bench_as_many_as_upstream(benchmark):
    """93 rules with exceptions, long outputs and many macros."""
    assert _best(benchmark, generated(93)) < UPSTREAM


def bench_thousands(benchmark):
    """3,000 rules of the size that upstream's have."""
    assert _best(benchmark, generated(3000)) < THOUSANDS


def bench_long_list(benchmark):
    """Cost that a list of 10,000 items adds to a file of one rule."""
    items = ", ".join(f"word{number}" for number in range(10_000))
    head, rule = generated(1).split("- rule: ")
    text = f"{head}- list: long\n  items: [{items}]\n- rule: {rule.replace('(trusted)', '(long)')}"
    assert "(long)" in text
    assert _best(benchmark, text) < LONG_LIST
