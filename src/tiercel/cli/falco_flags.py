# SPDX-License-Identifier: Apache-2.0
"""Hints for options of Falco, in place of a subcommand and after one that lacks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tiercel.cli.falco.options import FLAG_BY_NAME
from tiercel.cli.falco.removed import REMOVED

__all__ = ["hint_for", "hint_for_unknown"]

_OF_RUN: Final = frozenset(
    {"-r", "-c", "-o", "-p", "-d", "--rules", "--config", "--option", "--json", "--alerts", "--pid", "--duration"}
)
_UNRECOGNIZED: Final = "unrecognized arguments: "


def _option(word: str) -> str:
    """Return the option that a word begins with: ``-p`` of ``-pc``, ``--list`` of ``--list=syscall``."""
    name = word.partition("=")[0]
    return name if name.startswith("--") else name[:2]


def hint_for(words: Sequence[str]) -> str:
    """Return what to write instead of ``tiercel WORDS…``, whose first word is an option."""
    option = _option(words[0])
    if option in _OF_RUN:
        return f"a command comes first: `tiercel run {' '.join(words)}`"
    return _of_falco(option) or "a command comes first; `tiercel --help` lists them"


def hint_for_unknown(message: str) -> str:
    """Return a hint for a message of argparse about an unknown option; empty if Falco does not have the option."""
    if not message.startswith(_UNRECOGNIZED):
        return ""
    return _of_falco(_option(message.removeprefix(_UNRECOGNIZED).split()[0]))


def _of_falco(option: str) -> str:
    """Return the equivalent of an option of Falco; empty for other options."""
    flag = FLAG_BY_NAME.get(option)
    if flag is not None:
        own = f"`{flag.own}` does what {option} does in Falco; " if flag.own else ""
        return f"{own}`tiercel falco` takes all options of Falco"
    removed = REMOVED.get(option)
    return f"{option} is an option of older Falcos: {removed.instead}" if removed is not None else ""
