# SPDX-License-Identifier: Apache-2.0
"""The condition language: text with positions, lexer, parser, tree, diagnostics."""

from __future__ import annotations

from tiercel.lang.diagnostics import Diagnostic, Report
from tiercel.lang.parser import parse
from tiercel.lang.text import Place, Source, Span, Text

__all__ = ["Diagnostic", "Place", "Report", "Source", "Span", "Text", "parse"]
