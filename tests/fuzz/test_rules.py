# SPDX-License-Identifier: Apache-2.0
"""Any rule file loads and compiles, or is refused by diagnostics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.conditions import conditions
from support.examples import examples

from tiercel import compiler
from tiercel.compiler.passes import lower
from tiercel.rules import RuleFiles, load_text

KEYS = st.sampled_from(
    [
        *("rule", "macro", "list", "items", "condition", "output", "desc", "priority", "source", "enabled", "tags"),
        *("exceptions", "override", "append", "name", "fields", "comps", "values", "capture_duration", "colour"),
        *("required_engine_version", "required_plugin_versions", "skip-if-unknown-filter", "version", "alternatives"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=20),
    st.sampled_from(
        ["r", "m", "l", "INFO", "append", "replace", "evt.type = open and m", "or proc.name in (l)", "0.57.0"]
    ),
    st.sampled_from(["proc.name", "in", "=", "%proc.name", "and", "(", ")", "'", "m and l", "syscall"]),
)
NODES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def compiled(text: str) -> compiler.Compiled:
    files = load_text(text)
    assert isinstance(files, RuleFiles)
    result = compiler.build(files)
    for found in result.diagnostics:
        assert found.render()
        assert found.to_dict()
    assert (result.program is None) is any(found.severity == "error" for found in result.diagnostics)
    if result.program is not None:
        program = result.program
        assert lower.holds(lower.Lowered(program.checks, program.nodes, dict(program.entries)))
        assert len(program.outputs) == len(program.rules) == len(result.rules) == len(result.templates)
        assert program.dump()
    return result


@settings(QUIET, max_examples=examples(300))
@given(st.text() | st.text(alphabet="-: \n'\"[]{}&*!|>#%@`,?abm012\t\x00"))
def test_any_text(text: str) -> None:
    compiled(text)


@settings(QUIET, max_examples=examples(200))
@given(st.lists(NODES, max_size=5), st.sampled_from([None, "'", '"', "|", ">"]), st.booleans())
def test_any_yaml(items: list[Any], style: str | None, flow: bool) -> None:
    text = yaml.dump(items, default_style=style, default_flow_style=flow, allow_unicode=True)
    compiled(text)


GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/*.yaml"))
LINES = st.sampled_from(sorted({line for path in GOLDEN for line in path.read_text().splitlines()}))


@settings(QUIET, max_examples=examples(150))
@given(st.sampled_from(GOLDEN), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2), LINES), max_size=4))
@example(GOLDEN[0].with_name("list_as_macro.yaml"), [(1, 1, "  items: []")])
def test_files_with_lines_changed(path: Path, edits: list[tuple[int, int, str]]) -> None:
    lines = path.read_text().splitlines()
    for at, removed, line in edits:
        lines[at : at + removed] = [line]
    compiled("\n".join(lines))


@settings(QUIET, max_examples=examples(80))
@given(
    st.dictionaries(
        st.sampled_from("abcdef"), conditions() | st.sampled_from(["a", "b or a", "not c", "x and"]), max_size=5
    ),
    st.dictionaries(
        st.sampled_from("lmn"), st.lists(st.sampled_from(["cat", "l", "m", "n", "x y", ")", "'"])), max_size=3
    ),
    st.lists(
        conditions() | st.sampled_from(["a and b", "proc.name in (l, m)", "not (c)", "fd.num in (n)"]), max_size=4
    ),
)
def test_any_rules(macros: dict[str, str], lists: dict[str, list[str]], rules: list[str]) -> None:
    items: list[dict[str, Any]] = [{"list": name, "items": content} for name, content in lists.items()]
    items += [{"macro": name, "condition": condition} for name, condition in macros.items()]
    items += [
        {"rule": f"r{number}", "desc": "d", "output": "%proc.name", "priority": "INFO", "condition": condition}
        for number, condition in enumerate(rules)
    ]
    compiled(yaml.dump(items, allow_unicode=True, width=20))
