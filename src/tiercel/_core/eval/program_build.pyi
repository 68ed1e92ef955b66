# SPDX-License-Identifier: Apache-2.0
"""Construction of the compiled rules as C arrays."""

from collections.abc import Mapping, Sequence
from typing import Protocol, final, type_check_only

@type_check_only
class _Check(Protocol):
    @property
    def left(self) -> object: ...
    @property
    def op(self) -> str: ...
    @property
    def operand(self) -> Sequence[bytes | float | tuple[bytes, int]]: ...
    @property
    def modifier(self) -> str | None: ...
    @property
    def right(self) -> object: ...

@type_check_only
class _Node(Protocol):
    @property
    def check(self) -> int: ...
    @property
    def on_true(self) -> int: ...
    @property
    def on_false(self) -> int: ...

@type_check_only
class _Entry(Protocol):
    @property
    def rule(self) -> int: ...
    @property
    def root(self) -> int: ...
    @property
    def uses_path(self) -> bool: ...

@type_check_only
class _Source(Protocol):
    @property
    def rules(self) -> Sequence[str]: ...
    @property
    def checks(self) -> Sequence[_Check]: ...
    @property
    def nodes(self) -> Sequence[_Node]: ...
    @property
    def entries(self) -> Mapping[int, Sequence[_Entry]]: ...
    @property
    def outputs(self) -> Sequence[Sequence[object]]: ...
    @property
    def path_matching(self) -> str: ...

@final
class RuleProgram:
    """Immutable copy of a :mod:`tiercel.compiler` program in C arrays, for evaluation without Python.

    Args:
        source: a ``compiler.ir.program.Program``. The constructor looks up fields, operators, transformers and kinds of
            operands; edges must point forward.

    Raises:
        ValueError: the program is inconsistent: an edge that points backward, an id out of range, an unknown field,
            operator or transformer, an argument or operand of the wrong kind, sides that cannot be compared.
    """

    rules: tuple[str, ...]
    """Names of the rules, in matching order."""
    outputs: tuple[tuple[object, ...], ...]
    """Fields and transformers that an alert captures, by rule, as in the source."""
    wanted: frozenset[int]
    """Codes of the events that at least one rule may match."""

    def __new__(cls, source: _Source) -> RuleProgram: ...
