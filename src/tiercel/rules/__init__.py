# SPDX-License-Identifier: Apache-2.0
"""Rule files: YAML to rules, macros and lists whose every character knows its place."""

from __future__ import annotations

from tiercel.rules.files import Content
from tiercel.rules.loader import RuleFiles, load_files, load_text
from tiercel.rules.model import ListDef, MacroDef, Priority, Rule

__all__ = ["Content", "ListDef", "MacroDef", "Priority", "Rule", "RuleFiles", "load_files", "load_text"]
