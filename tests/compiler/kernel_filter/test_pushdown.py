# SPDX-License-Identifier: Apache-2.0
"""Every event that a rule matches passes the filter: clauses read in Python, on records that the core evaluates."""

from __future__ import annotations

from posixpath import normpath
from random import Random

import pytest
from support.core import capturing
from support.facts import facts, make_record, ports
from support.filtered_rules import compiled, make_rules

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.ir.program import Filter, Program
from tiercel.compiler.kernel_filter.atoms import FIRST_PATH_SET, mask

NAMES = Evaluator(capturing("fd.name_requested", "fd.name_resolved", "evt.rawarg.name"), ProcessTable(64))


def fulfils(kind: str, text: bytes, path: bytes) -> bool:
    match kind:
        case "exact":
            return path == text
        case "prefix":
            return path.startswith(text)
        case "suffix":
            return path.endswith(text)
        case _:
            return text in path


def passes(program: Program, one: Filter, record: bytes) -> bool:
    """The clauses, evaluated literally; a name that the kernel cannot decide about is in every set."""
    true = mask(*facts(record))
    (alert,) = NAMES.feed(record)
    *names, passed = [str(name or "").encode() for name in alert.values]
    is_plain = passed.startswith(b"/") and normpath(passed) == passed
    is_known = all(name.startswith(b"/") for name in names) and (is_plain or not passed)
    for number, keys in enumerate(program.path_sets):
        if keys[0][0] == "port":
            source, destination = ports(record)
            listed = {int.from_bytes(text, "big") for _, text in keys}
            is_in = destination == 0 or source in listed or destination in listed
            true |= is_in << (FIRST_PATH_SET + number)
        elif not is_known or any(fulfils(*key, name) for key in keys for name in names):
            true |= 1 << (FIRST_PATH_SET + number)
    return any(not must & ~true and not must_not & true for must, must_not in one.clauses)


@pytest.mark.parametrize("path_matching", ["both", "requested", "resolved"])
def test_what_matches_passes(path_matching: str) -> None:
    matched = kept_out = 0
    for seed in range(70):
        random = Random(f"{path_matching} {seed}")
        conditions = make_rules(random)
        program = compiled(conditions, path_matching)
        evaluator = Evaluator(RuleProgram(program), ProcessTable(64), rule_matching="all")
        for _ in range(60):
            record = make_record(random)
            one = program.filters.get(int.from_bytes(record[4:6], "little"))
            alerts = evaluator.feed(record)
            if one is None:
                continue
            has_passed = passes(program, one, record)
            assert has_passed or not alerts, (
                [conditions[alert.rule] for alert in alerts],
                NAMES.feed(record)[0].values,
                facts(record),
                program.path_sets,
                one,
                conditions,
                [alert.rule for alert in alerts],
                record,
            )
            matched += bool(alerts)
            kept_out += not has_passed
    assert matched > 200
    assert kept_out > 200
