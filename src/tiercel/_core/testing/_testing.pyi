# SPDX-License-Identifier: Apache-2.0
"""Python wrappers of internal C functions, for tests and benches only."""

from collections.abc import Iterable, Mapping
from typing import Any

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.api.evaluator import Evaluator

def join(base: bytes, path: bytes, *, limit: int = 0) -> bytes | None:
    """Return ``path`` joined to ``base`` and normalised; None if the result does not fit the arena."""

def glob(pattern: bytes, text: bytes, fold: bool = False) -> bool:
    """Return whether a shell pattern matches the whole text; ``fold`` ignores the case of letters."""

def compare(op: str, kind: str, value: object, *constants: object) -> bool:
    """Return the result of an operator, given by its symbol, on a value of a kind and constants as in a program."""

def pmatch(prefix: bytes, path: bytes) -> bool:
    """Return whether ``prefix``, which may contain patterns, is the path or one of its parents."""

def container_id(cgroup: bytes) -> bytes | None:
    """Return the container id in the path of a control group, or None."""

def container_of(cgroups: bytes) -> bytes | None:
    """Return the container id in NUL-separated ``subsystem=path`` entries, or None."""

def int_map(operations: Iterable[tuple[int, int | None]]) -> tuple[dict[int, int], int]:
    """Apply insertions and, for None, removals to an IntMap; return its items and their number."""

def eval_repeat(evaluator: Evaluator, record: bytes, times: int) -> int:
    """Evaluate one record many times without the GIL; return the number of matches."""

def apply_repeat(evaluator: Evaluator, records: list[bytes], times: int) -> None:
    """Apply a list of records to the process table ``times`` times."""

def capture_block(record: bytes, *, unix_offset_ns: int = 0, flags: int = 0, size: int | None = None) -> bytes:
    """Return the capture block of a record; empty if the block does not fit ``size`` bytes."""

def outcomes(evaluator: Evaluator, fields: Mapping[str, Any], unknown: int) -> list[bool | str | None]:
    """Return the three-valued result of each entry of the event's type: True, False, or None for unknown.

    ``either``: the entry matches, but the unknown metadata decides between the requested and the resolved path.

    ``unknown`` has a bit for each kind of metadata, as in ``Field.meta``.
    """

def decision(
    evaluator: Evaluator,
    fields: Mapping[str, Any],
    waiting: int,
    *,
    missing: int = 0,
    behind: bool = False,
    skip: bool = False,
) -> str:
    """Return the hold queue's decision: ``nothing`` if no rule can match, ``now`` or ``later`` for the evaluation.

    The arguments after ``fields``, in order: metadata with a pending request; metadata that will stay unknown; true if
    the queue holds earlier events of the container; true to suppress matches that depend on missing metadata.
    """

def without(
    evaluator: Evaluator, fields: Mapping[str, Any], unknown: int, *, skip: bool = False
) -> tuple[list[RawAlert], tuple[int, int, int]]:
    """Evaluate an event with ``unknown`` metadata missing; ``skip`` suppresses matches that depend on it.

    Returns the alerts, and the total numbers of uncertain matches, suppressed matches and alerts without metadata.
    """
