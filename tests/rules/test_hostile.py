# SPDX-License-Identifier: Apache-2.0
"""Files made to take long: refused, or loaded, in a time that grows no faster than they do."""

from __future__ import annotations

import time

import pytest
from support.compiling import rule

from tiercel import compiler
from tiercel.rules import load_text
from tiercel.rules.collection import MAX_CHANGES

LETTERS = "abcdefghijklmnopqrst"
BOMB = "".join(
    f"&{name} [{', '.join([f'*{before}'] * 9)}]\n  - " for before, name in zip("z" + LETTERS, LETTERS, strict=False)
)
EXCEPTIONS = "".join(f"  - {{name: e{number}, fields: [proc.name], values: [[a]]}}\n" for number in range(3_000))
CHAIN = "".join(f"- macro: m{n + 1}\n  condition: m{n} or proc.name = b\n" for n in range(3_000))
CIRCLE = "".join(f"- macro: m{n}\n  condition: m{(n + 1) % 500}\n" for n in range(500))

HOSTILE: dict[str, tuple[str, str | None]] = {
    "open brackets": ("- " + "[" * 1_000, "E112"),
    "closed brackets": ("- rule: " + "[" * 900 + "]" * 900, "E112"),
    "braces": ("- " + "{a: " * 20_000, "E112"),
    "dashes": ("- " * 20_000 + "x", "E112"),
    "indentation": ("".join(" " * n + "-\n" for n in range(2_000)), "E112"),
    "alias bomb": (f"- list: l\n  items: &z [x]\n- list: m\n  items:\n  - {BOMB}x\n", "E149"),
    "alias in itself": ("- &a [*a]", "E113"),
    "a large value": ("- rule: r\n  desc: " + "x" * 10_000_000, "E112"),
    "a large block": ("- rule: r\n  condition: >\n" + "    proc.name = a\n" * 600_000, "E112"),
    "a large key": ("- " + "x" * 10_000_000 + ": a\n", "E112"),
    "a large text": ("x" * 10_000_000, "E112"),
    "a large comment": ("#" + "x" * 10_000_000, None),
    "many items of no kind": ("- foo: r\n" * 10_000, "W502"),
    "many documents": ("---\n- a\n" * 10_000, "E104"),
    "many rules without anything": ("- rule: r\n" * 10_000, "E105"),
    "many rules": ("".join(rule("evt.type = open", f"r{number}") for number in range(2_000)), None),
    "many exceptions": (rule("evt.type = open") + "  exceptions:\n" + EXCEPTIONS, None),
    "many keys": ("- rule: r\n" + "  desc: d\n" * 20_000, "W511"),
    "many keys of override": (
        "- rule: r\n  override:\n" + "".join(f"    k{n}: append\n" for n in range(9_000)),
        "E116",
    ),
    "many lists": ("".join(f"- list: l{n}\n  items: [a]\n" for n in range(8_000)), "W504"),
    "a long list": (f"- list: l\n  items: [{'a, ' * 100_000}]\n" + rule("evt.type = open and proc.name in (l)"), None),
    "a long chain of macros": ("- macro: m0\n  condition: proc.name = a\n" + CHAIN + rule("m3000"), "E230"),
    "a long circle of macros": (CIRCLE + CIRCLE + rule("m0"), "E210"),
    "many unknown macros": (CIRCLE * 5 + "".join(rule(f"macro{n}", f"r{n}") for n in range(2_000)), "E202"),
    "many changes of a macro": (
        "- macro: m\n  condition: proc.name = a\n"
        + "- macro: m\n  condition: or a\n  append: true\n" * (MAX_CHANGES + 1),
        "E112",
    ),
    "many changes of a list": (
        "- list: l\n  items: []\n" + "- list: l\n  items: [a]\n  append: true\n" * (MAX_CHANGES + 1),
        "E112",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_take_no_time(kind: str) -> None:
    text, code = HOSTILE[kind]
    started = time.process_time()
    compiled = compiler.build(load_text(text))
    assert time.process_time() - started < 15  # what grows out of bounds takes minutes
    assert len(compiled.diagnostics) <= 1002
    assert all(len(str(finding)) < 2000 for finding in compiled.diagnostics)
    if code is None:
        assert compiled.program is not None
    else:
        assert code in {finding.code for finding in compiled.diagnostics}
