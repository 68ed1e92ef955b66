# SPDX-License-Identifier: Apache-2.0
"""The flat program and its evaluation: edges, order of rules, what the constructor refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import capturing, checking, event
from support.core import given as evaluate
from support.examples import examples

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.testing import _testing
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Program, Read, Transform
from tiercel.errors import EventError, UsageError
from tiercel.schema.names import EVENT_BY_NAME

KILL = EVENT_BY_NAME["kill"].code
OPENAT = EVENT_BY_NAME["openat"].code


def numbered(count: int) -> tuple[CompiledCheck, ...]:
    """CompiledCheck n: evt.num is not n."""
    return tuple(CompiledCheck(Read("evt.num"), "ne", (number,)) for number in range(count))


def rules(
    *entries: Entry, nodes: tuple[Node, ...] = (), checks: tuple[CompiledCheck, ...] = (), outputs: Any = None
) -> Program:
    count = 1 + max((entry.rule for entry in entries), default=-1)
    names = tuple(f"r{number}" for number in range(count))
    return Program(names, checks, nodes, {KILL: entries}, outputs or ((),) * count)


def matched(program: Program, fields: Mapping[str, Any] | None = None, **settings: Any) -> list[int]:
    return [alert.rule for alert in evaluate(program, fields or {}, **settings)]


# --- Which rules match ------------------------------------------------------------------------------------------------


def test_the_first_rule_or_all() -> None:
    program = rules(Entry(0, FALSE, False), Entry(1, TRUE, False), Entry(2, TRUE, False))
    assert matched(program) == [1]
    assert matched(program, rule_matching="all") == [1, 2]
    assert matched(program, {"evt.type": "openat"}, rule_matching="all") == []


def test_edges_are_followed() -> None:
    checks = (CompiledCheck(Read("proc.name"), "eq", (b"a",)), CompiledCheck(Read("evt.num"), "eq", (5,)))
    nodes = (Node(0, 1, TRUE), Node(1, TRUE, FALSE))
    program = rules(Entry(0, 0, False), nodes=nodes, checks=checks)
    assert matched(program, {"proc.name": "a", "evt.num": 5}) == [0]
    assert matched(program, {"proc.name": "a", "evt.num": 6}) == []
    assert matched(program, {"proc.name": "b"}) == [0]
    assert matched(program, {}) == [0]


NODES = st.integers(1, 12)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    count, kinds = draw(NODES), draw(st.integers(1, 4))
    nodes = []
    for number in range(count):
        edge = st.sampled_from([TRUE, FALSE, *range(number + 1, count)])
        nodes.append(Node(draw(st.integers(0, kinds - 1)), draw(edge), draw(edge)))
    checks = tuple(CompiledCheck(Read("proc.aname", number), "eq", (b"x",)) for number in range(kinds))
    roots = st.sampled_from([TRUE, FALSE, *range(count)])
    entries = tuple(Entry(number, draw(roots), draw(st.booleans())) for number in range(3))
    return Program(("a", "b", "c"), checks, tuple(nodes), {KILL: entries}, ((), (), ()))


def walk(program: Program, node: int, truths: list[bool]) -> bool:
    while node >= 0:
        row = program.nodes[node]
        node = row.on_true if truths[row.check] else row.on_false
    return node == TRUE


@settings(max_examples=examples(500), deadline=None)
@given(programs(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_it_walks_as_the_compiler_means_it(program: Program, truths: list[bool]) -> None:
    fields = {f"proc.aname[{number}]": "x" if truth else "y" for number, truth in enumerate(truths)}
    expected = [entry.rule for entry in program.entries[KILL] if walk(program, entry.root, truths)]
    assert matched(program, fields, rule_matching="all") == expected


def test_what_was_found_out_is_forgotten_with_the_event() -> None:
    program = RuleProgram(checking("evt.rawres", "eq", 1))
    evaluator = Evaluator(program, ProcessTable())
    results = [bool(evaluator.feed(event("kill", {"res": number % 2}))) for number in range(1000)]
    assert results == [number % 2 == 1 for number in range(1000)]
    assert evaluator.stats()["matches"] == 500


def test_many_evaluations_of_one_record() -> None:
    evaluator = Evaluator(RuleProgram(checking("evt.rawres", "eq", 1)), ProcessTable())
    assert _testing.eval_repeat(evaluator, event("kill", {"res": 1}), 10_000) == 10_000
    assert _testing.eval_repeat(evaluator, event("kill", {"res": 2}), 10_000) == 0


def test_ten_thousand_rules() -> None:
    count = 10_000
    nodes = tuple(Node(number, FALSE, TRUE) for number in range(count))
    entries = tuple(Entry(number, number, False) for number in range(count))
    program = rules(*entries, nodes=nodes, checks=numbered(count))
    assert matched(program, {"evt.num": 9_876}, rule_matching="all") == [9_876]


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "root", "error"),
    [
        ((Node(0, 0, FALSE),), 0, "leads to 0"),
        ((Node(0, 1, FALSE), Node(0, 0, FALSE)), 0, "leads to 0"),
        ((Node(0, 1, FALSE),), 0, "leads to 1"),
        ((Node(0, TRUE, -3),), 0, "leads to -3"),
        ((Node(1, TRUE, FALSE),), 0, "has the check 1"),
        ((Node(-1, TRUE, FALSE),), 0, "has the check -1"),
        ((Node(0, TRUE, FALSE),), 1, "points nowhere"),
        ((Node(0, TRUE, FALSE),), -3, "points nowhere"),
    ],
)
def test_inconsistent_programs_are_refused(nodes: tuple[Node, ...], root: int, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        RuleProgram(rules(Entry(0, root, False), nodes=nodes, checks=numbered(1)))


def test_other_inconsistencies() -> None:
    with pytest.raises(ValueError, match="points nowhere"):
        RuleProgram(Program(("r",), (), (), {KILL: (Entry(1, TRUE, False),)}, ((),)))
    with pytest.raises(ValueError, match="outputs"):
        RuleProgram(Program(("r",), (), (), {KILL: (Entry(0, TRUE, False),)}, ()))
    with pytest.raises(ValueError, match="code 9999"):
        RuleProgram(Program(("r",), (), (), {9999: (Entry(0, TRUE, False),)}, ((),)))
    with pytest.raises(ValueError, match="no field"):
        RuleProgram(Program(("r",), (), (), {}, ((("proc.nome", None),),)))
    with pytest.raises(ValueError, match="not in tuple"):
        RuleProgram(Program(("r",), (), (), {}, ((),), path_matching="all"))


def test_what_a_program_tells() -> None:
    program = capturing("proc.name", "proc.aname[2]")
    assert program.rules == ("all",)
    assert program.outputs == ((("proc.name", None), ("proc.aname", 2)),)
    assert KILL in program.wanted
    for setting in ({"path_matching": "real"}, {"rule_matching": "last"}):
        with pytest.raises(UsageError) as caught:
            Evaluator(program, ProcessTable(), **setting)
        assert caught.value.code == "E607"


# --- Events given as fields -------------------------------------------------------------------------------------------

EVERY_KIND = (
    "proc.name",
    "evt.num",
    "evt.rawres",
    "evt.failed",
    "fd.sip",
    "proc.aname",
    "proc.apid",
    "proc.args[1]",
    "proc.env[HOME]",
    "evt.arg.flags",
    "fd.name",
    "evt.path_binding",
    "fd.name_requested",
    "fd.name_resolved",
)


def captured(fields: Mapping[str, Any]) -> dict[str, Any]:
    evaluator = Evaluator(capturing(*EVERY_KIND), ProcessTable())
    (alert,) = evaluator.evaluate_fields({"evt.type": "openat", **fields})
    return dict(zip(EVERY_KIND, alert.values, strict=True))


def test_given_values_come_back() -> None:
    fields = {
        "proc.name": "c\udcff",
        "evt.num": 2**64 - 1,
        "evt.rawres": -5,
        "evt.failed": True,
        "fd.sip": "2001:db8::1",
        "proc.aname": ["a", "b"],
        "proc.apid": [1, 2],
        "proc.args[1]": b"x\xfe",
        "proc.env[HOME]": "/root",
        "evt.arg.flags": "O_RDONLY",
        "fd.name": "/x",
    }
    assert captured(fields) == {
        **fields,
        "proc.aname": "a b",
        "proc.apid": 1,
        "proc.args[1]": "x\udcfe",
        "evt.path_binding": "requested",
        "fd.name_requested": "/x",
        "fd.name_resolved": "/x",
    }
    assert captured({}) == dict.fromkeys(EVERY_KIND)
    assert captured(dict.fromkeys(fields)) == dict.fromkeys(EVERY_KIND)


def test_given_paths_have_two_forms() -> None:
    pair = {"requested": "/tmp/l", "resolved": "/etc/shadow"}
    program = checking(
        "fd.name",
        "eq",
        b"/etc/shadow",
        outputs=("fd.name", "fd.name_requested", "fd.name_resolved", "evt.path_binding"),
    )
    (alert,) = evaluate(program, {"fd.name": pair})
    assert (alert.binding, alert.values) == ("resolved", ("/etc/shadow", "/tmp/l", "/etc/shadow", "resolved"))
    assert evaluate(program, {"fd.name": pair}, path_matching="requested") == []
    assert evaluate(program, {"fd.name": {"requested": "/etc/shadow"}})[0].binding == "requested"


def test_time_and_number_of_a_given_event() -> None:
    (alert,) = Evaluator(capturing(), ProcessTable()).evaluate_fields(
        {"evt.type": "kill", "evt.rawtime": 123, "evt.num": 9}
    )
    assert (alert.time_ns, alert.num, alert.event, alert.values) == (123, 9, b"", ())
    assert "rule=0" in repr(alert)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"proc.nome": "x"}, "E302"),
        ({"proc.name[1]": "x"}, "E302"),
        ({"proc.aname[x]": "x"}, "E302"),
        ({"proc.aname[1": "x"}, "E302"),
        ({"evt.arg": "x"}, "E302"),
        ({"proc.name": 5}, "E303"),
        ({"proc.name": ["a"]}, "E303"),
        ({"proc.name": {"requested": "a"}}, "E303"),
        ({"fd.name": {"real": "a"}}, "E303"),
        ({"evt.num": "5"}, "E303"),
        ({"evt.num": -1}, "E303"),
        ({"evt.num": True}, "E303"),
        ({"evt.rawres": 2**63}, "E303"),
        ({"evt.failed": 2}, "E303"),
        ({"evt.failed": "true"}, "E303"),
        ({"fd.sip": "10.0.0"}, "E303"),
        ({"fd.sip": 7}, "E303"),
        ({"proc.aname": ["a", 5]}, "E303"),
        ({"evt.type": "nosuch"}, "E303"),
        ({"evt.type": "proc_fork"}, "E303"),
    ],
)
def test_given_fields_that_make_no_sense(fields: dict[str, Any], code: str) -> None:
    evaluator = Evaluator(capturing(*EVERY_KIND), ProcessTable())
    with pytest.raises(EventError) as caught:
        evaluator.evaluate_fields({"evt.type": "kill", **fields})
    assert caught.value.code == code


def test_the_type_must_be_given() -> None:
    with pytest.raises(EventError) as caught:
        Evaluator(capturing(), ProcessTable()).evaluate_fields({"proc.name": "x"})
    assert caught.value.code == "E304"


# --- Room -------------------------------------------------------------------------------------------------------------


def test_texts_that_do_not_fit_are_counted() -> None:
    table = ProcessTable()
    table.seed(tgid=1, start_ns=0, comm="x", args=["a" * 60_000], env=["B" * 60_000])
    for pid in range(2, 8):
        table.seed(tgid=pid, start_ns=0, ptgid=pid - 1, comm="x", args=["a" * 60_000], env=["B" * 60_000])
    evaluator = Evaluator(capturing("proc.acmdline", "proc.env", "proc.cmdline", "proc.pid"), table)
    (alert,) = evaluator.feed(event("kill", header={"tgid": 7, "start_ns": 0, "ptgid": 6}))
    assert alert.values[0] is None  # 360,000 bytes of ancestors
    assert len(alert.values[1]) == 60_000
    assert alert.values[2:] == ("x " + "a" * 60_000, 7)
    assert evaluator.stats()["texts_lost"] == 1
    assert not alert.is_cut


def test_alerts_that_do_not_fit_are_cut_and_counted() -> None:
    table = ProcessTable()
    table.seed(tgid=1, start_ns=0, comm="x", args=["a" * 110_000], env=["B" * 110_000])
    evaluator = Evaluator(capturing("proc.cmdline", "proc.env", "proc.pid", "proc.name"), table)
    (alert,) = evaluator.feed(event("kill", header={"tgid": 1, "start_ns": 0, "ptgid": 0}))
    assert alert.is_cut
    assert alert.values[0] == "x " + "a" * 110_000
    assert 0 < len(alert.values[1]) < 110_000
    assert set(alert.values[1]) == {"B"}
    assert evaluator.stats()["alerts_cut"] == 1


# --- Which way an evaluation went -------------------------------------------------------------------------------------

PAIR = {"requested": "/tmp/l", "resolved": "/etc/shadow"}


def traced(program: Program, event: Any, **settings: Any) -> list[tuple[Any, ...]]:
    evaluator = Evaluator(RuleProgram(program), ProcessTable(), **settings)
    return [tuple(step) for step in evaluator.trace(event, 0)]


def test_the_steps_of_a_rule() -> None:
    checks = (CompiledCheck(Read("proc.name"), "eq", (b"a",)), CompiledCheck(Read("evt.num"), "eq", (5,)))
    program = rules(Entry(0, 0, False), nodes=(Node(0, 1, TRUE), Node(1, TRUE, FALSE)), checks=checks)
    event = {"evt.type": "kill", "proc.name": "a", "evt.num": 6}
    assert traced(program, event) == [("requested", 0, True, "a", None), ("requested", 1, False, 6, None)]
    assert traced(program, {"evt.type": "kill"}) == [("requested", 0, False, None, None)]
    assert traced(program, {"evt.type": "openat"}) == []
    (step,) = Evaluator(RuleProgram(program), ProcessTable()).trace({"evt.type": "kill", "proc.name": "b"}, 0)
    assert (step.binding, step.node, step.result, step.value) == ("requested", 0, False, "b")


def test_the_steps_under_both_bindings() -> None:
    event = {"evt.type": "openat", "fd.name": PAIR}
    steps = [("requested", 0, False, "/tmp/l", None), ("resolved", 0, True, "/etc/shadow", None)]
    assert traced(checking("fd.name", "eq", b"/etc/shadow"), event) == steps
    assert traced(checking("fd.name", "eq", b"/etc/shadow"), event, path_matching="requested") == steps[:1]
    assert traced(checking("fd.name", "eq", b"/etc/shadow"), event, path_matching="resolved") == steps[1:]
    assert traced(checking("fd.name", "eq", b"/tmp/l"), event) == [("requested", 0, True, "/tmp/l", None)]
    assert traced(checking("fd.name", "eq", b"/x"), {**event, "fd.name": "/y"}) == [("requested", 0, False, "/y", None)]


def test_the_steps_show_lists_and_both_sides() -> None:
    event = {"evt.type": "kill", "proc.aname": ["a", "b"], "proc.name": "C", "proc.pname": "d"}
    upper = Transform("toupper", (Read("proc.pname"),))
    checks = (CompiledCheck(Read("proc.name"), "eq", right=upper), CompiledCheck(Read("proc.aname"), "eq", (b"x",)))
    program = rules(Entry(0, 0, False), nodes=(Node(0, TRUE, 1), Node(1, TRUE, FALSE)), checks=checks)
    steps = [("requested", 0, False, "C", "D"), ("requested", 1, False, ["a", "b"], None)]
    assert traced(program, event) == steps
    assert traced(program, {"evt.type": "kill"}) == [(*step[:3], None, None) for step in steps]


def test_the_steps_for_a_record() -> None:
    record = event("kill", {"res": 3})
    assert traced(checking("evt.rawres", "eq", 1), record) == [("requested", 0, False, 3, None)]
    evaluator = Evaluator(RuleProgram(checking("evt.rawres", "eq", 1)), ProcessTable())
    with pytest.raises(EventError) as caught:
        evaluator.trace(record[:-1], 0)
    assert caught.value.code == "E301"
    for rule in (-1, 1):
        with pytest.raises(IndexError, match="no rule"):
            evaluator.trace(record, rule)
