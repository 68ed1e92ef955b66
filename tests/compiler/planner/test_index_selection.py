# SPDX-License-Identifier: Apache-2.0
"""Selection of the index lookups that pay."""

from __future__ import annotations

from support.compiling import build, rule

from tiercel.compiler.ir.program import Plan
from tiercel.schema.names import EVENT_BY_NAME

OPEN = EVENT_BY_NAME["open"].code


def plan(*conditions: str) -> Plan | None:
    texts = [rule(f"evt.type = open and {text}", name=f"r{number}") for number, text in enumerate(conditions)]
    program = build(*texts).program
    assert program is not None
    return program.plans.get(OPEN)


def test_one_rule_is_tried() -> None:
    assert plan("proc.name = a") is None


def test_many_are_found() -> None:
    made = plan(*(f"proc.name = a{number}" for number in range(20)))
    assert made is not None
    (bucket,) = made.buckets
    assert [str(probe) for probe in bucket.probes] == ["proc.name exact"]
    assert bucket.always == ()


def test_a_look_up_for_one_rule_among_many_does_not_pay() -> None:
    made = plan(
        *(f"proc.name = a{number}" for number in range(20)), "evt.is_open_create = true and proc.cmdline contains abcd"
    )
    assert made is not None
    (bucket,) = made.buckets
    assert [str(probe) for probe in bucket.probes] == ["proc.name exact"]
    assert bucket.always == (20,)


def test_a_rule_joins_the_look_up_of_others() -> None:
    """By itself it would be found by the path, which it has less often."""
    made = plan(*(f"proc.name = a{number}" for number in range(20)), "fd.name = /etc/x and proc.name in (a, b, c)")
    assert made is not None
    (bucket,) = made.buckets
    assert [str(probe) for probe in bucket.probes] == ["proc.name exact"]
    assert bucket.always == ()


def test_what_guards_say_finds_nothing() -> None:
    guarded = "evt.is_open_write = true and container.id = host"
    made = plan(*(f"{guarded} and proc.name = a{number}" for number in range(20)), f"{guarded} and proc.pid > {7}")
    assert made is not None
    (bucket,) = made.buckets
    assert len(bucket.guards) == 2
    assert bucket.always == (20,)


def test_prefixes_join_paths() -> None:
    made = plan(
        *(f"fd.name pmatch (/srv/a{number})" for number in range(20)),
        *(f"fd.name startswith /srv//b{number}" for number in range(20)),
    )
    assert made is not None
    (bucket,) = made.buckets
    (probe,) = bucket.probes
    assert str(probe) == "fd.name path"
    assert dict(probe.keys)[b"/srv/b7"] == (27,)
