# SPDX-License-Identifier: Apache-2.0
"""Time from rule files to rules: YAML, places, macros and lists, but no conditions."""

from __future__ import annotations

import pytest

from tiercel.bench.rules import generated
from tiercel.rules import load_text


@pytest.mark.parametrize("count", [93, 1000])
def bench_generated_rules(benchmark, count):
    """Many rules from one text: the cost per rule should not grow."""
    text = generated(count)
    files = benchmark.pedantic(load_text, args=(text,), rounds=5, warmup_rounds=1)
    assert len(files.rules) == count
