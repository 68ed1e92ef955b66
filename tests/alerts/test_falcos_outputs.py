# SPDX-License-Identifier: Apache-2.0
"""Recorded output of Falco, line by line: our templates and values make the same text and the same JSON of it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tiercel.alerts.alert import Alert, AlertEvent, Layout, Style
from tiercel.alerts.layout import make_layouts
from tiercel.compiler import Compiled, Program, Template
from tiercel.compiler.frontend.output_template import parse_template
from tiercel.compiler.ir.program import OutputField, Read, Transform
from tiercel.lang.text import Text
from tiercel.rules import load_files
from tiercel.rules.model import Priority, Rule

pytestmark = [pytest.mark.shared, pytest.mark.usefixtures("utc")]

ENOUGH = 200  # lines of one rule


@pytest.mark.parametrize(
    ("rules", "runs", "least_rules", "least_lines"),
    [("ops-share", "ops-share", 95, 5000), ("falco_rules", "base", 6, 40)],
)
def test_like_falco(shared_dir: Path, rules: str, runs: str, least_rules: int, least_lines: int) -> None:
    peer = shared_dir / "peer"
    layouts = {layout.rule: (layout, sources) for layout, sources in made(peer / "rules" / f"{rules}.yaml")}
    seen: Counter[str] = Counter()
    for path in sorted((peer / "expected").glob(f"*.{runs}.jsonl.gz")):
        if path.name.startswith("names."):
            continue  # bytes that are not UTF-8, with which Falco's JSON library has a way of its own
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                expected = json.loads(line)
                rule = expected["rule"]
                if rule in layouts and seen[rule] < ENOUGH:
                    seen[rule] += 1
                    assert printed(*layouts[rule], expected) == expected
    assert len(seen) >= least_rules
    assert seen.total() >= least_lines


@pytest.mark.parametrize("about", ["evt", "fd", "proc", "user"])
def test_every_field_is_in_json_what_it_is_to_falco(shared_dir: Path, about: str) -> None:
    layouts: dict[tuple[str, ...], tuple[Layout, tuple[OutputField, ...]]] = {}
    count = 0
    for path in sorted((shared_dir / "peer" / "expected").glob(f"*.dump-{about}.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in islice(lines, 0, None, 40):
                fields = json.loads(line)["output_fields"]
                keys = tuple(key for key in fields if key != "evt.time")
                layout, sources = layouts.get(keys) or layouts.setdefault(keys, raw(keys))
                values = [captured(source, fields[str(source)]) for source in sources]
                time_ns = fields["evt.time"]
                shown = Alert(layout, (time_ns, *values), time_ns=time_ns, hostname="", event=AlertEvent(dict))
                assert shown.to_dict()["output_fields"] == fields
                count += 1
    assert count > 100


def raw(keys: tuple[str, ...]) -> tuple[Layout, tuple[OutputField, ...]]:
    """Return the layout of a rule that adds fields as they are."""
    template = parse_template(Text.of("x"), fields={key: (Text.of(f"%{key}"), True) for key in keys})
    assert isinstance(template, Template), template
    rule = Rule("dump", Text.of(""), Text.of("x"), "", Priority.DEBUG)
    program = Program(("dump",), (), (), {}, (template.sources,), "requested")
    (layout,) = make_layouts(Compiled(program, (rule,), (template,), ()), Style())
    return layout, template.sources


def captured(source: OutputField, shown: Any) -> Any:
    """Return the value of a field that JSON shows in another base."""
    assert isinstance(source, Read)
    return int(shown, 16) if source.ref.fmt == "hex" and shown is not None else shown


def made(path: Path) -> Iterator[tuple[Layout, tuple[OutputField, ...]]]:
    """Yield the layout of each rule, and what its values are taken from."""
    for rule in load_files([path]).rules:
        template = parse_template(rule.output)
        assert isinstance(template, Template)
        assert not template.warnings
        program = Program((rule.name,), (), (), {}, (template.sources,), "requested")
        (layout,) = make_layouts(Compiled(program, (rule,), (template,), ()), Style())
        yield layout, template.sources


def printed(layout: Layout, sources: tuple[OutputField, ...], expected: dict[str, Any]) -> dict[str, Any]:
    """Return our JSON for the values that Falco saw."""
    fields = expected["output_fields"]
    values = [value_of(source, fields) for source in sources]
    time_ns = fields["evt.time"]
    shown = Alert(layout, (time_ns, *values), time_ns=time_ns, hostname="", event=AlertEvent(dict)).to_dict()
    del shown["hostname"]
    return shown


def value_of(source: object, fields: dict[str, Any]) -> Any:
    """Return what the core captures of a source."""
    match source:
        case Read():
            return fields[str(source)]
        case Transform(name, args):
            values = [value_of(arg, fields) for arg in args]
            return None if None in values else APPLIED[name](*values)
        case bytes():
            return source.decode()
    raise TypeError(source)


APPLIED = {
    "toupper": str.upper,
    "tolower": str.lower,
    "basename": lambda path: path.rpartition("/")[2],
    "concat": lambda *texts: "".join(texts),
    "len": len,
}
