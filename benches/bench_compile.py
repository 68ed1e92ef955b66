# SPDX-License-Identifier: Apache-2.0
"""How long rules take from text to program."""

from __future__ import annotations

import pytest

from benches.material import PACKAGED, rules_text
from tiercel import compiler
from tiercel._core.program import RuleProgram
from tiercel.rules import load_files, load_text


def bench_packaged_rules(benchmark):
    """The packaged rules, from files."""
    program = benchmark(lambda: RuleProgram(compiler.compile(load_files([PACKAGED])).program))
    assert len(program.rules) > 10


@pytest.mark.parametrize("rules", [10, 100, 1000])
def bench_generated_rules(benchmark, rules):
    """So many rules from one text: cost per rule should not grow."""
    text = rules_text(rules)
    program = benchmark.pedantic(lambda: RuleProgram(compiler.compile(load_text(text)).program), rounds=3)
    assert len(program.rules) == rules
