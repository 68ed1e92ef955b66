# SPDX-License-Identifier: Apache-2.0
"""What a file with tests of rules says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tiercel.compiler import PathMatching
from tiercel.frozen import field, frozen
from tiercel.lang.text import Span
from tiercel.rules import Priority
from tiercel.testing.events import Event

__all__ = ["Case", "Expected", "Name", "Suite"]


@frozen
class Name:
    """A name or pattern, and where it is written."""

    text: str
    span: Span = field(compare=False, repr=False)


@frozen
class Expected:
    """A rule that must match, and how its alert must look.

    Attributes:
        rule: name of the rule.
        priority: of the alert, or None for any.
        output: the rule's output with its fields filled in, ``*`` for any characters; None for any.
        fields: values that the alert must hold, by field.
    """

    rule: Name
    priority: Priority | None = None
    output: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Case:
    """One test.

    Attributes:
        name: what it shows.
        events: each of them must come out as expected.
        expected: rules that must match; None if the test does not say.
        refused: rules that must not match.
        span: its name.
    """

    name: str
    events: tuple[Event, ...]
    expected: tuple[Expected, ...] | None
    refused: tuple[Name, ...]
    span: Span = field(compare=False, repr=False)

    @property
    def line(self) -> int:
        """The line of its name, counted from 1."""
        return self.span.text.place(self.span.start).line


@frozen
class Suite:
    """The tests of one file.

    Attributes:
        file: its name.
        rules: rule files and folders, in order; none for the packaged rules.
        enable: names and patterns of rules that are switched on for the tests.
        disable: the same for rules that are switched off.
        path_matching: as in a configuration.
        cases: the tests.
    """

    file: str
    rules: tuple[Path, ...]
    enable: tuple[Name, ...]
    disable: tuple[Name, ...]
    path_matching: PathMatching
    cases: tuple[Case, ...]
