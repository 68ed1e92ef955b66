# SPDX-License-Identifier: Apache-2.0
"""Falco's own cases: conditions that compile and that do not, and the results of conditions."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import vectors
from support.compiling import Passes, build, rule

from tiercel.compiler.ir.check_logic import compare
from tiercel.compiler.ir.program import FALSE, TRUE, Read
from tiercel.compiler.ir.tree import BoundCall, BoundField
from tiercel.compiler.ir.types import Typed, typed_source
from tiercel.lang import Span
from tiercel.lang.text import Text
from tiercel.schema.fields import FIELDS
from tiercel.schema.names import EVENT_BY_NAME, TRANSFORMER_BY_NAME, FieldRef
from tiercel.schema.types import Field, T, ValueType

pytestmark = pytest.mark.shared

# Fields that only Falco's tests have, and fields of the same type that stand for them here.
STAND_INS = {"c.true": "proc.name", "c.false": "proc.exe", "c.buffer": "evt.buffer"}

VALUES = {
    Read("proc.name"): b"always",
    Read("proc.exe"): b"never",
    Read("proc.pname"): b"hello 'quoted'",
    Read("proc.cwd"): b'hello "quoted"',
}
"""Values of the fields of the boolean cases; `1` stands for the value of the first."""


def test_what_compiles(shared_dir: Path) -> None:
    cases = vectors.load(shared_dir, "filter_compile")["cases"]
    assert len(cases) == 327
    assert [case["filter"] for case in cases if compiles(case["filter"]) is not case["compiles"]] == []


def compiles(condition: str) -> bool:
    for name, other in STAND_INS.items():
        condition = condition.replace(name, other)
    return build(rule(condition)).program is not None


def test_truth(shared_dir: Path) -> None:
    """The program's edges lead to where the reference does."""
    cases = vectors.load(shared_dir, "filter_boolean")["cases"]
    assert len(cases) == 40
    for case in cases:
        condition = (
            case["filter"]
            .replace("c.true=1", "proc.name=always")
            .replace("c.false=1", "proc.exe=1")
            .replace("c.singlequote", "proc.pname")
            .replace("c.doublequote", "proc.cwd")
        )
        assert truth(condition) is case["result"], case


def truth(condition: str) -> bool:
    lowered = Passes().lower(f"evt.type = open and ({condition})")
    entries = lowered.entries.get(EVENT_BY_NAME["open"].code, ())
    at = entries[0].root if entries else FALSE
    while at >= 0:
        node = lowered.nodes[at]
        check = lowered.checks[node.check]
        at = node.on_true if compare(VALUES[check.left], check.op, check.operand) else node.on_false
    return at == TRUE


def test_what_transformers_take(shared_dir: Path) -> None:
    types = {row.type for row in FIELDS} - {T.DYN} | {T.FSPATH, T.FSRELPATH, T.BYTEBUF}
    transformers = vectors.load(shared_dir, "filter_transformers")["transformers"]
    assert len(transformers) == 5
    for name, facts in transformers.items():
        for type_ in types:
            falco = f"PT_{type_.name}"
            assert takes(name, type_) is (falco in facts["supported_types"]), (name, type_)
            lists = facts["supported_list_types"]
            assert takes(name, type_, multi="list") is (lists == "all types" or falco in lists), (name, type_)


def takes(name: str, type_: ValueType, multi: str | None = None) -> bool:
    span = Span(Text.of("x.y"), 0, 3)
    field = BoundField(FieldRef(Field("x.y", type_, "", multi=multi)), span)
    return isinstance(typed_source(BoundCall(TRANSFORMER_BY_NAME[name], (field,), None, span)), Typed)


def test_types_of_results(shared_dir: Path) -> None:
    span = Span(Text.of("x.y"), 0, 3)
    by_name = {f"PT_{type_.name}": type_ for type_ in vars(T).values() if isinstance(type_, ValueType)}
    for name, facts in vectors.load(shared_dir, "filter_transformers")["transformers"].items():
        for case in facts["cases"]:
            multi = "list" if case["list"] else None
            field = BoundField(FieldRef(Field("x.y", by_name[case["input_type"]], "", multi=multi)), span)
            typed = typed_source(BoundCall(TRANSFORMER_BY_NAME[name], (field,), None, span))
            assert isinstance(typed, Typed)
            assert typed.type is by_name[case["output_type"]]
            assert typed.is_list is (case["list"] and name != "len")
