# SPDX-License-Identifier: Apache-2.0
"""Doors into C code, for tests and benches only."""

from collections.abc import Iterable, Mapping
from typing import Any

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.api.evaluator import Evaluator

def join(base: bytes, path: bytes, *, limit: int = 0) -> bytes | None:
    """Return ``path`` joined to ``base`` and normalised; None if it is too long for the arena."""

def glob(pattern: bytes, text: bytes, fold: bool = False) -> bool:
    """Tell whether a shell pattern matches the whole text; with ``fold``, whatever the case of letters."""

def compare(op: str, kind: str, value: object, *constants: object) -> bool:
    """Tell what the operator of that symbol says of a value of a kind; both sides as operands of programs."""

def pmatch(prefix: bytes, path: bytes) -> bool:
    """Tell whether ``prefix``, which may hold patterns, is the path or above it."""

def container_id(cgroup: bytes) -> bytes | None:
    """Return the container that a control group's path names, or None."""

def container_of(cgroups: bytes) -> bytes | None:
    """Return the container of ``subsystem=path`` entries with NUL between them, or None."""

def int_map(operations: Iterable[tuple[int, int | None]]) -> tuple[dict[int, int], int]:
    """Put each value under its key, or remove the key for None; return what is left, and how many."""

def eval_repeat(evaluator: Evaluator, record: bytes, times: int) -> int:
    """Evaluate one record many times without the GIL; return the number of matches."""

def apply_repeat(evaluator: Evaluator, records: list[bytes], times: int) -> None:
    """Apply records to the process table, all of them many times over."""

def capture_block(record: bytes, *, unix_offset_ns: int = 0, flags: int = 0, size: int | None = None) -> bytes:
    """Return the block of a capture that holds the event of a record; empty if it does not fit ``size`` bytes."""

def outcomes(evaluator: Evaluator, fields: Mapping[str, Any], unknown: int) -> list[bool | str | None]:
    """Tell of each entry of the event's type whether it matches whatever is in ``unknown``; None: it depends on that.

    ``either``: it matches, but whether by the requested or the resolved path depends on it.

    ``unknown`` is a bit for each kind of metadata, as ``Field.meta`` counts them.
    """

def verdict(
    evaluator: Evaluator,
    fields: Mapping[str, Any],
    waiting: int,
    *,
    missing: int = 0,
    behind: bool = False,
    skip: bool = False,
) -> str:
    """Tell when the event is to be evaluated: ``nothing`` if no rule can match, ``now``, or ``later``.

    ``missing``: what is unknown for good, beside what may become known. ``behind``: other events of its container are
    held. ``skip``: what depends on what is missing does not count.
    """

def without(
    evaluator: Evaluator, fields: Mapping[str, Any], unknown: int, *, skip: bool = False
) -> tuple[list[RawAlert], tuple[int, int, int]]:
    """Evaluate an event with something unknown for good; with ``skip``, what depends on it does not count.

    Returns the alerts, and how many in all were unsure, skipped and untold.
    """
