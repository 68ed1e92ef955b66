# SPDX-License-Identifier: Apache-2.0
"""Whole outputs, compared with files that a reviewer reads: what mistakes look like, and what rules compile to.

`pytest --update-golden` rewrites the files; the diff is the review.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.compiling import Passes, indexed, show

from tiercel import compiler
from tiercel.compiler.planner.describe import describe_plan
from tiercel.rules import load_text

HERE = Path(__file__).parent
Golden = Callable[[Path, str], None]


def files(folder: str) -> list[Path]:
    found = sorted((HERE / folder).glob("*.yaml"))
    assert found
    return found


@pytest.mark.parametrize("path", files("diagnostics"), ids=lambda path: path.stem)
def test_diagnostics(path: Path, golden: Golden) -> None:
    compiled = compiler.build(load_text(path.read_text(), path.name))
    assert compiled.diagnostics, "a mistake must be found"
    golden(path.with_suffix(".err"), "\n\n".join(map(str, compiled.diagnostics)) + "\n")


@pytest.mark.parametrize("path", files("programs"), ids=lambda path: path.stem)
def test_programs(path: Path, golden: Golden) -> None:
    loaded = load_text(path.read_text(), path.name)
    compiled = compiler.compile(loaded)
    assert compiled.program is not None
    passes = Passes(path.read_text())
    before = "".join(f"{rule.name}:\n  {show(passes.check(rule.condition.value))}\n" for rule in compiled.rules)
    golden(path.with_suffix(".before"), before)
    golden(path.with_suffix(".after"), compiled.program.dump())
    program = indexed(path.read_text())
    ways = [(name, describe_plan(program, number)) for number, name in enumerate(program.rules)]
    lines = (f"{name}:\n" + "".join(f"  {_few(way.events)}: {way.text}\n" for way in some) for name, some in ways)
    golden(path.with_suffix(".found"), "".join(lines))


def _few(names: tuple[str, ...]) -> str:
    return f"{len(names)} event types" if len(names) > 4 else ", ".join(names)


def test_no_golden_file_is_left_over() -> None:
    for folder, suffixes in (("diagnostics", {".err"}), ("programs", {".before", ".after", ".found"})):
        sources = {path.stem for path in files(folder)}
        results = [path for path in (HERE / folder).iterdir() if path.suffix in suffixes]
        assert {path.stem for path in results} == sources
        assert len(results) == len(sources) * len(suffixes)
