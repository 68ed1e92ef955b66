# SPDX-License-Identifier: Apache-2.0
"""The compiled rules as C arrays, and their evaluation."""

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
    """The program of :mod:`tiercel.compiler`, copied into arrays that evaluation reads without Python. Immutable.

    Args:
        source: a ``compiler.program.Program``. Fields, operators, transformers and kinds of operands are looked up
            here; edges must lead forward.

    Raises:
        ValueError: the program is inconsistent: an edge that leads backward, an id out of range, an unknown field,
            operator or transformer, an argument or operand of the wrong kind, sides that cannot be compared.
    """

    rules: tuple[str, ...]
    """Names of the rules, in matching order."""
    outputs: tuple[tuple[object, ...], ...]
    """By rule, the fields and transformers whose values an alert captures, as the source has them."""
    wanted: frozenset[int]
    """Codes of the events that some rule may match."""

    def __new__(cls, source: _Source) -> RuleProgram: ...
