# SPDX-License-Identifier: Apache-2.0
"""Additions of a configuration to rules: output, fields, static fields."""

from __future__ import annotations

from typing import Any

import pytest
from support.compiling import rule

from tiercel import compiler
from tiercel.compiler import Additions, AppendOutput, Compiled
from tiercel.compiler.frontend.config_additions import SUGGESTED
from tiercel.compiler.frontend.output_template import FieldSegment, Literal, Segments
from tiercel.rules import load_text
from tiercel.schema.fields import FIELDS

STATICS = {"static.env": "prod", "static.env2": "büro \udcff"}


def build(*entries: AppendOutput, statics: dict[str, str] = STATICS, **keys: str) -> Compiled:
    files = load_text(rule("evt.type = open", output="'says %evt.num'", **keys) if "text" not in keys else keys["text"])
    return compiler.build(files, additions=Additions(entries, statics))


def written(segments: Segments) -> str:
    return "".join(part.text if isinstance(part, Literal) else f"<{part.source}>" for part in segments)


def output(*entries: AppendOutput, **keys: str) -> str:
    compiled = build(*entries, **keys)
    assert not compiled.diagnostics, compiled.diagnostics
    return written(compiled.templates[0].segments)


def test_outputs_are_appended_in_order() -> None:
    assert output(AppendOutput("a=%proc.name"), AppendOutput(""), AppendOutput("b")) == "says <evt.num> a=<proc.name> b"


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"source": "syscall"}, True),
        ({"source": "k8s_audit"}, False),
        ({"rule": "r"}, True),
        ({"rule": "R"}, False),
        ({"rule": "*"}, False),
        ({"tags": frozenset({"a"})}, True),
        ({"tags": frozenset({"a", "b"})}, True),
        ({"tags": frozenset({"a", "c"})}, False),
        ({"source": "syscall", "rule": "r", "tags": frozenset({"b"})}, True),
        ({"source": "syscall", "rule": "x", "tags": frozenset({"b"})}, False),
    ],
)
def test_which_rules_fit(match: dict[str, Any], fits: bool) -> None:
    assert output(AppendOutput("x", **match), tags="[b, a, z]") == "says <evt.num>" + " x" * fits


def test_additional_fields() -> None:
    fields = {"note": "*number %evt.num of %proc.name", "proc.pid": None, "evt.num": "n"}
    compiled = build(AppendOutput(fields=fields), AppendOutput(fields={"evt.num": "m"}))
    (template,) = compiled.templates
    assert [str(source) for source in template.raw] == ["proc.pid"]
    assert {key: written(segments) for key, segments in template.texts} == {
        "note": "number <evt.num> of <proc.name>",
        "evt.num": "m",
    }
    assert [str(source) for source in template.listed] == ["evt.num", "proc.pid"]
    assert [str(source) for source in template.sources] == ["evt.num", "proc.pid", "proc.name"]


def test_static_fields_in_outputs() -> None:
    entry = AppendOutput("%static.env|%6static.env|%2static.env|%static.env2|%static.envx %toupper(static.env)")
    compiled = build(entry)
    (template,) = compiled.templates
    call = '<toupper(concat("prod", ""))>'
    assert written(template.segments) == f"says <evt.num> prod|prod  |pr|büro \udcff|prodx {call}"
    assert {key: written(segments) for key, segments in template.texts} == {
        "static.env": "prod",
        "static.env2": "büro \udcff",
    }


def test_static_fields_in_conditions() -> None:
    for condition, checks in (
        ("static.env = prod and proc.name = x", ["proc.name = x"]),
        ("static.env != prod and proc.name = x", []),
        ("proc.name = val(static.env)", ["proc.name = prod"]),
        ("b64(static.env2) = val(static.env)", ['b64(concat("b\xfcro \\xff", "")) = prod']),
    ):
        compiled = build(text=rule(f"evt.type = open and {condition}"))
        assert compiled.program is not None
        assert [str(check) for check in compiled.program.checks] == checks
        assert compiled.diagnostics == ()


def test_static_fields_that_do_not_exist() -> None:
    compiled = build(text=rule("static.nosuch = x", output="'%static.nosuch'"))
    assert sorted(found.code for found in compiled.diagnostics) == ["E201", "E218"]
    hints = {found.hint for found in compiled.diagnostics}
    assert hints == {"give it a value in the configuration: -o static_fields.nosuch=…"}


def test_suggested_output_names_the_static_fields_first() -> None:
    shown = output(AppendOutput(suggested=True))
    assert shown.startswith("says <evt.num> static_env=prod static_env2=büro \udcff container_id=<container.id> ")
    assert shown.endswith(" k8s_pod_name=<k8s.pod.name> k8s_ns_name=<k8s.ns.name>")
    assert set(SUGGESTED) == {row.name for row in FIELDS if row.suggested}
    assert output(AppendOutput(suggested=True, source="other")) == "says <evt.num>"


@pytest.mark.parametrize(
    ("entry", "code", "place"),
    [
        (AppendOutput("a %proc.nme"), "E218", ("append_output[0].extra_output", 1, 4)),
        (AppendOutput("a %"), "E143", ("append_output[0].extra_output", 1, 3)),
        (AppendOutput(fields={"a": "x %proc.nme"}), "E218", ("append_output[0].extra_fields", 1, 4)),
        (AppendOutput(fields={"a": ""}), "E270", ("append_output[0].extra_fields", 1, 1)),
        (AppendOutput(fields={"proc.nme": None}), "E218", ("append_output[0].extra_fields", 1, 2)),
        (AppendOutput(fields={"proc.name!": None}), "E273", ("append_output[0].extra_fields", 1, 1)),
        (AppendOutput(fields={"": None}), "E143", ("append_output[0].extra_fields", 1, 1)),
    ],
)
def test_mistakes(entry: AppendOutput, code: str, place: tuple[str, int, int]) -> None:
    (found,) = build(entry).diagnostics
    assert (found.code, (found.file, found.line, found.column)) == (code, place)
    assert (found.item, found.falco) == ('rule "r"', "LOAD_ERR_COMPILE_OUTPUT")


def test_deprecated_fields_are_reported() -> None:
    codes = [found.code for found in build(AppendOutput("%evt.dir", fields={"evt.dir": None})).diagnostics]
    assert codes == ["W508", "W508"]


def test_segments_of_fields_know_their_place() -> None:
    (template,) = build(AppendOutput("%proc.name")).templates
    (_, number, _, name) = template.segments
    assert isinstance(number, FieldSegment)
    assert isinstance(name, FieldSegment)
    assert number.span.value == "%evt.num"
    assert name.span.text.place(name.span.start).file == "append_output[0].extra_output"
