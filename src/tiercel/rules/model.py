# SPDX-License-Identifier: Apache-2.0
"""Data model of rule files: rules, macros, lists, exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from tiercel.frozen import field, frozen
from tiercel.lang.text import Span, Text
from tiercel.rules.yamlfile import Scalar

__all__ = ["Change", "ExceptionDef", "ListDef", "MacroDef", "Priority", "Rule", "Stage", "Tuple"]


class Priority(IntEnum):
    """Urgency of a rule; as in syslog, smaller numbers are more urgent."""

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
        """Name in alerts: ``Informational``."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, name: str) -> Priority | None:
        """Return the priority of a name, or None; case is ignored, ``INFO`` is ``INFORMATIONAL``."""
        return _PRIORITIES.get(name.upper())

    def __str__(self) -> str:
        return self.label


_PRIORITIES: Final = {**Priority.__members__, "INFO": Priority.INFORMATIONAL}


@frozen
class ListDef:
    """List.

    Attributes:
        items: items as written; names of other lists are not expanded.
        index: position in the order of first definitions.
        visibility: number of the last change; lists with a smaller index are visible to this one.
        span: span of the name.
    """

    name: str
    items: tuple[Scalar, ...]
    index: int
    visibility: int
    span: Span = field(compare=False, repr=False)


@frozen
class MacroDef:
    """Macro; ``index``, ``visibility`` and ``span`` as for lists."""

    name: str
    condition: Text
    index: int
    visibility: int
    span: Span = field(compare=False, repr=False)


@frozen
class Tuple:
    """One entry of the ``values`` of an exception; each element is one value or several."""

    elements: tuple[Scalar | tuple[Scalar, ...], ...]
    span: Span = field(compare=False, repr=False)


@frozen
class ExceptionDef:
    """Values of some fields for which a rule does not match.

    Attributes:
        fields: compared fields.
        comps: operator for each field.
        single: ``fields`` is one field and no list; each value is then one element.
        values: values to compare with.
        span: span of the name.
    """

    name: str
    fields: tuple[Scalar, ...]
    comps: tuple[str, ...]
    single: bool
    values: tuple[Tuple, ...]
    span: Span = field(compare=False, repr=False)


@frozen
class Rule:
    """Rule, with all changes by later items of the files.

    Attributes:
        condition: condition as written, without the exceptions.
        output: template of the alert's message.
        source: event source.
        enabled: initial state; the configuration can disable the rule.
        warn_evttypes: warn about a condition for nearly every event type.
        skip_if_unknown_filter: an unknown field skips the rule and is no error.
        capture: a match starts a capture of ``capture_duration_ms`` (0: as configured).
        index: position in the order of first definitions, which is the matching order.
        visibility: number of the last change.
        span: span of the name.
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
        """Name in diagnostics."""
        return f'rule "{self.name}"'


@frozen
class Change:
    """Change by one item of a file.

    Attributes:
        kind: ``rule``, ``macro`` or ``list``.
        name: name of the definition.
        verb: ``defines``, ``redefines`` or ``changes``.
        keys: operation on each key, for ``changes``: ``append`` or ``replace``.
        span: span of the name.
    """

    kind: str
    name: str
    verb: str
    keys: Mapping[str, str]
    span: Span = field(compare=False, repr=False)


@frozen
class Stage:
    """All definitions after one file; each file must be valid together with the files before it.

    Attributes:
        changed: names of the lists, macros and rules that the file defined or changed.
        broken: names of unreadable items; no further findings about these are reported.
        complete: this file and all files before it are readable.
    """

    file: str
    lists: Mapping[str, ListDef]
    macros: Mapping[str, MacroDef]
    rules: Mapping[str, Rule]
    changed: frozenset[str]
    broken: frozenset[str]
    complete: bool
