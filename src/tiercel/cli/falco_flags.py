# SPDX-License-Identifier: Apache-2.0
"""Hints for options in place of a subcommand, as in Falco's command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["hint_for"]

# Falco's options, and their equivalents.
_INSTEAD: Final[Mapping[str, str]] = {
    "-L": "tiercel rules PATH",
    "-l": "tiercel rules PATH",
    "-M": "tiercel run --duration SECONDS",
    "-N": "tiercel fields",
    "-V": "tiercel check PATH",
    "--validate": "tiercel check PATH",
    "-e": "tiercel replay CAPTURE -r PATH",
    "-i": "tiercel events",
    "--list": "tiercel fields",
    "--list-events": "tiercel events",
    "--list-syscall-events": "tiercel events",
    "--dry-run": "tiercel check PATH",
    "--support": "tiercel doctor --json",
}
_OF_RUN: Final = frozenset(
    {"-r", "-c", "-o", "-p", "-d", "--rules", "--config", "--option", "--json", "--alerts", "--pid", "--duration"}
)


def hint_for(words: Sequence[str]) -> str:
    """Return what to write instead of ``tiercel WORDS…``, whose first word is an option."""
    first = words[0].partition("=")[0]
    option = first if first.startswith("--") or first in _INSTEAD else first[:2]
    if option in _INSTEAD:
        return f"`{_INSTEAD[option]}` does what {option} does in Falco"
    if option in _OF_RUN:
        return f"a command comes first: `tiercel run {' '.join(words)}`"
    return "a command comes first; `tiercel --help` lists them"
