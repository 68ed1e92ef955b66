# SPDX-License-Identifier: Apache-2.0
"""Falco's filters on one execve whose last params are empty: what exists, what compares, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.core import event

from tiercel import compiler
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.rules import load_text
from tiercel.schema.names import EVENT_BY_NAME

pytestmark = pytest.mark.shared


def record(written: dict[str, Any]) -> bytes:
    """The event of the file; a value is a number, a text, ``{"hex": …}`` or ``{"empty": true}``."""
    row = EVENT_BY_NAME["execve"]
    assert written["type"] == "PPME_SYSCALL_EXECVE_19_X"
    assert len(row.params) == len(written["params"])
    values = {
        param.name: None
        if value == {"empty": True}
        else bytes.fromhex(value["hex"])
        if isinstance(value, dict)
        else value
        for param, value in zip(row.params, written["params"], strict=True)
    }
    return event("execve", values, header={"tid": written["tid"], "tgid": written["tid"], "comm": "test-exe"})


def answer(condition: str, execve: bytes) -> str:
    text = f"- {{rule: r, desc: d, output: o, priority: INFO, condition: {json.dumps(condition)}}}\n"
    compiled = compiler.build(load_text(text))
    if compiled.program is None:
        return "throw"
    return str(bool(Evaluator(RuleProgram(compiled.program), ProcessTable()).feed(execve))).lower()


def test_exec_with_empty_params(shared_dir: Path) -> None:
    vectors = json.loads((shared_dir / "spec/vectors/filter_eval_exec_empty_params.json").read_text())
    execve = record(vectors["event"])
    cases = {case["filter"]: case["expect"] for case in vectors["cases"]}
    assert len(cases) == 90
    answers = {condition: answer(condition, execve) for condition in cases}
    assert answers == cases
