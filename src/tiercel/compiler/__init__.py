# SPDX-License-Identifier: Apache-2.0
"""Compiler from rule files to one program."""

from __future__ import annotations

from tiercel.compiler.frontend.config_additions import Additions, AppendOutput
from tiercel.compiler.frontend.output_template import Template
from tiercel.compiler.ir.program import CompiledCheck, Entry, Node, Program
from tiercel.compiler.pipeline import (
    PASSES,
    PATHS,
    Checked,
    CheckedRule,
    Compiled,
    PathMatching,
    build,
    check_rules,
    compile,  # noqa: A004 - `compiler.compile` is its name
    link,
)

__all__ = [
    "PASSES",
    "PATHS",
    "Additions",
    "AppendOutput",
    "Checked",
    "CheckedRule",
    "Compiled",
    "CompiledCheck",
    "Entry",
    "Node",
    "PathMatching",
    "Program",
    "Template",
    "build",
    "check_rules",
    "compile",
    "link",
]
