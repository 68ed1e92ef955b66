# SPDX-License-Identifier: Apache-2.0
"""Generated rule files: the same every time, without a mistake, and of the size that published ones have."""

from __future__ import annotations

import re

from tiercel import compiler
from tiercel.bench.rules import generated
from tiercel.rules import load_text


def test_the_same_every_time() -> None:
    assert generated(50) == generated(50)
    assert generated(50).startswith(generated(20))


def test_nothing_is_wrong_with_them() -> None:
    compiled = compiler.build(load_text(generated(60)))
    assert compiled.diagnostics == ()
    assert len(compiled.rules) == 60


def test_as_many_checks_as_published_rules_have() -> None:
    """Macros expand to 2 to 4 checks each; upstream's 93 rules have 16.7 on average."""
    text = generated(300)
    macros = {name: _checks(body) for name, body in re.findall(r"- macro: (\w+)\n  condition: (.*)", text)}
    conditions = re.findall(r"condition: >\n(.*?)  exceptions:", text, re.DOTALL)
    counts = [
        _checks(condition) + sum(macros[name] for name in macros if re.search(rf"\b{name}\b", condition)) + 6
        for condition in conditions
    ]
    assert 14 < sum(counts) / len(counts) < 20


def _checks(condition: str) -> int:
    """Count the comparisons of a condition."""
    return len(re.findall(r" (?:=|>=|in|startswith|endswith|contains|glob) ", condition))


def test_the_kinds_of_rules_have_their_shares() -> None:
    text = generated(1000)
    shares = {
        kind: text.count(kind) / 1000 for kind in ("\n    spawned and", "\n    open_write and", "\n    open_read and")
    }
    assert 0.40 < shares["\n    spawned and"] < 0.56
    assert 0.15 < shares["\n    open_write and"] < 0.27
    assert 0.13 < shares["\n    open_read and"] < 0.25
