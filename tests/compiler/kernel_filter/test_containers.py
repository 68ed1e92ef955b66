# SPDX-License-Identifier: Apache-2.0
"""Checks of containers in the kernel filter, as far as the verdicts of control groups decide them."""

from __future__ import annotations

from random import Random

import pytest
from support.core import capturing, event, field_ref
from support.facts import facts, make_record
from support.filtered_rules import compiled, make_condition, make_rules

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.testing.prefilter import Prefilter
from tiercel.compiler.kernel_filter.abstract_values import cases_of
from tiercel.compiler.kernel_filter.atoms import Atom
from tiercel.compiler.kernel_filter.dnf import Conjunction
from tiercel.compiler.kernel_filter.event_traits import traits_of
from tiercel.schema.fields import FIELDS
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.wire import HEADER

HOST, CONTAINER, UNKNOWN = 1 << 40, 2 << 40, 3 << 40
VERDICTS = {HOST: 1, CONTAINER: 7, UNKNOWN: 0}
ID = "3f2a" * 16
CODE = EVENT_BY_NAME["openat"].code

CHECKS = (
    "container.id != host",
    "container.id = host",
    f"container.id in (host, {ID[:12]})",
    "container.id = abc",
    "container.id startswith ho",
    "container.id contains 3f2a",
    "container.id exists",
    "container.name = host",
    "container.name != web",
    "container.type in (docker, host)",
    "container.image.repository contains nginx",
    "container.image.repository != ''",
    "container.image.repository in (a/b, c)",
    "container.privileged = true",
    "container.privileged = false",
    "container.image.tag exists",
)


def table() -> ProcessTable:
    """Two processes make known what two of the keys stand for."""
    made = ProcessTable(64)
    made.seed(tgid=91, start_ns=5, comm="a", cgroups=b"cpu=/\0=/user.slice", cgroup_id=HOST)
    made.seed(tgid=92, start_ns=6, comm="b", cgroups=f"=/docker/{ID}".encode(), cgroup_id=CONTAINER)
    return made


def record_in(key: int, record: bytes) -> bytes:
    at = HEADER["cgroup_id"][0]
    return record[:at] + key.to_bytes(8, "little") + record[at + 8 :]


def condition(random: Random) -> str:
    check = random.choice(CHECKS)
    check = f"not ({check})" if random.random() < 0.3 else check
    return f"({check}) {random.choice(('and', 'and', 'or'))} ({make_condition(random, 2)})"


def filters(conditions: list[str]) -> Prefilter:
    program = compiled(conditions)
    return Prefilter({code: one.clauses for code, one in program.filters.items() if one.clauses}, program.path_sets)


@pytest.mark.parametrize("seed", range(40))
def test_what_matches_passes(seed: int) -> None:
    random = Random(seed)
    conditions = [condition(random) for _ in range(random.randint(1, 4))]
    conditions += make_rules(random) if random.random() < 0.2 else []
    program = compiled(conditions)
    evaluator = Evaluator(RuleProgram(program), table(), rule_matching="all")
    tried = Prefilter({code: one.clauses for code, one in program.filters.items() if one.clauses}, program.path_sets)
    for _ in range(60):
        key = random.choice(tuple(VERDICTS))
        record = record_in(key, make_record(random))
        code = int.from_bytes(record[4:6], "little")
        alerts = evaluator.feed(record)
        passes = tried.allows(record, VERDICTS[key]) and (code not in program.filters or program.filters[code].clauses)
        assert passes or not alerts, (conditions, [conditions[alert.rule] for alert in alerts], key, facts(record))


@pytest.mark.parametrize(
    ("check", "host", "container"),
    [
        ("container.id != host", False, True),
        ("not container.id = host", False, True),
        ("container.id = host", True, False),
        ("container.id in (host)", True, False),
        ("container.id = 3f2a", False, True),
        ("container.image.repository contains nginx", False, True),
        ("not container.image.repository contains nginx", True, True),
        ("container.privileged = true", False, True),
        ("container.name = host", True, True),  # a container may be called so
        ("proc.name = cat", True, True),
    ],
)
def test_where_events_pass(check: str, *, host: bool, container: bool) -> None:
    """And all of them while nothing is known of the control groups."""
    tried = filters([f"evt.type = openat and {check}"])
    record = event("openat", {"fd": 3, "name": "/x", "flags": 1})
    assert [tried.allows(record, verdict) for verdict in (1, 2, 900_000, 0)] == [host, container, container, True]


def test_an_event_type_that_only_containers_make_in_rules() -> None:
    """One clause in a container, another anywhere: each keeps what is its own."""
    tried = filters([
        "evt.type = openat and container.id != host and evt.is_open_read = true",
        "evt.type = openat and evt.is_open_write = true",
    ])  # fmt: skip
    read, write = (event("openat", {"fd": 3, "name": "/x", "flags": flags}) for flags in (1, 2))
    assert [tried.allows(read, verdict) for verdict in (1, 2, 0)] == [False, True, True]
    assert [tried.allows(write, verdict) for verdict in (1, 2, 0)] == [True, True, True]


NAMES = tuple(
    field.name for field in FIELDS if "alone" in field.forms and field.extractor_module == "container" and field.is_read
)


@pytest.mark.parametrize("name", NAMES)
def test_values_are_what_the_cases_say(name: str) -> None:
    evaluator = Evaluator(capturing(name), table())
    cases = cases_of(field_ref(name), traits_of(CODE))
    if cases is None:
        return
    for key, is_host in ((HOST, True), (CONTAINER, False)):
        (alert,) = evaluator.feed(record_in(key, event("openat", {"fd": 3})))
        (value,) = alert.values
        value = value.encode() if isinstance(value, str) else value
        possible = [case.values for case in cases if fits(case.clause, is_host=is_host)]
        assert possible
        assert any(
            values is not None and (value in values.few if values.few is not None else value not in values.never)
            if value is not None
            else values is None or values.may_be_missing
            for values in possible
        ), (name, value)


def fits(clause: Conjunction, *, is_host: bool) -> bool:
    return not (clause.must_not if is_host else clause.must) & Atom.HOST.bit
