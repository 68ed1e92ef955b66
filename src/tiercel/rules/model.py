# SPDX-License-Identifier: Apache-2.0
"""What rule files define: rules, macros, lists, exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from tiercel.frozen import field, frozen
from tiercel.lang.text import Span, Text
from tiercel.rules.yamlfile import Scalar

__all__ = ["Change", "ExceptionDef", "ListDef", "MacroDef", "Priority", "Rule", "Stage", "Tuple"]


class Priority(IntEnum):
    """Urgency of a rule: the smaller the number, the more urgent, as in syslog."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6
    DEBUG = 7

    @property
    def label(self) -> str:
        """The name as alerts print it: ``Informational``."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, name: str) -> Priority | None:
        """Return the priority of a name in any case, or None; ``INFO`` is ``INFORMATIONAL``."""
        return _PRIORITIES.get(name.upper())

    def __str__(self) -> str:
        return self.label


_PRIORITIES: Final = {**Priority.__members__, "INFO": Priority.INFORMATIONAL}


@frozen
class ListDef:
    """A list.

    Attributes:
        items: what it holds, as written; names of other lists are not filled in yet.
        index: place in the order of first definitions.
        visibility: number of the last change; the list sees the lists whose index is smaller.
        span: its name.
    """

    name: str
    items: tuple[Scalar, ...]
    index: int
    visibility: int
    span: Span = field(compare=False, repr=False)


@frozen
class MacroDef:
    """A macro; ``index``, ``visibility`` and ``span`` as for lists."""

    name: str
    condition: Text
    index: int
    visibility: int
    span: Span = field(compare=False, repr=False)


@frozen
class Tuple:
    """One entry of an exception's ``values``; each element is one value or several."""

    elements: tuple[Scalar | tuple[Scalar, ...], ...]
    span: Span = field(compare=False, repr=False)


@frozen
class ExceptionDef:
    """Values of some fields for which a rule does not hold.

    Attributes:
        fields: what is compared.
        comps: operator for each field.
        single: written with one field that is not a list; each value is then one element.
        values: what they are compared with.
        span: its name.
    """

    name: str
    fields: tuple[Scalar, ...]
    comps: tuple[str, ...]
    single: bool
    values: tuple[Tuple, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class Rule:
    """A rule, with everything that later items of the files changed about it.

    Attributes:
        condition: what must hold, as written, without the exceptions.
        output: template of the alert's message.
        source: where its events come from.
        enabled: takes part unless something switches it off.
        warn_evttypes: a condition for nearly every event type is reported.
        skip_if_unknown_filter: an unknown field leaves the rule out instead of being an error.
        capture: a match starts a capture, of ``capture_duration_ms`` (0: as configured).
        index: place in the order of first definitions: rules are tried in this order.
        visibility: number of the last change.
        span: its name.
    """

    name: str
    condition: Text
    output: Text
    desc: str
    priority: Priority
    source: str = "syscall"
    tags: tuple[str, ...] = ()
    enabled: bool = True
    exceptions: tuple[ExceptionDef, ...] = ()
    warn_evttypes: bool = True
    skip_if_unknown_filter: bool = False
    capture: bool = False
    capture_duration_ms: int = 0
    index: int = 0
    visibility: int = 0
    span: Span = field(default=None, compare=False, repr=False)

    @property
    def item(self) -> str:
        """How diagnostics name it."""
        return f'rule "{self.name}"'


@frozen
class Change:
    """What one item of a file did.

    Attributes:
        kind: ``rule``, ``macro`` or ``list``.
        name: of what it defines or changes.
        verb: ``defines``, ``redefines`` or ``changes``.
        keys: for a change, what became of each key: ``append`` or ``replace``.
        span: its name.
    """

    kind: str
    name: str
    verb: str
    keys: Mapping[str, str]
    span: Span = field(compare=False, repr=False)


@frozen
class Stage:
    """Everything that is defined after one file; each file must make sense with what came before it.

    Attributes:
        changed: names of the lists, macros and rules that the file defined or changed.
        broken: names of the items that could not be read, about which nothing more is reported.
        complete: this file and those before it could be read.
    """

    file: str
    lists: Mapping[str, ListDef]
    macros: Mapping[str, MacroDef]
    rules: Mapping[str, Rule]
    changed: frozenset[str]
    broken: frozenset[str]
    complete: bool
