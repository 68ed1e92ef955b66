# SPDX-License-Identifier: Apache-2.0
"""Rule file loader: YAML to rules, macros and lists with the source position of every character."""

from __future__ import annotations

from tiercel.rules.files import Content
from tiercel.rules.loader import RuleFiles, load_files, load_text
from tiercel.rules.model import ListDef, MacroDef, Priority, Rule

__all__ = ["Content", "ListDef", "MacroDef", "Priority", "Rule", "RuleFiles", "load_files", "load_text"]
