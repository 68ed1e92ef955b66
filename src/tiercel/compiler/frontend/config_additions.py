# SPDX-License-Identifier: Apache-2.0
"""Additions to rules from the configuration: output and static fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tiercel.frozen import field, frozen
from tiercel.lang.text import Anchor, Source, Text
from tiercel.rules.model import Rule

__all__ = ["NO_ADDITIONS", "SUGGESTED", "Additions", "AppendOutput"]

SUGGESTED: Final = (
    "container.id",
    "container.name",
    "container.image.repository",
    "container.image.tag",
    "k8s.pod.name",
    "k8s.ns.name",
)
"""Fields that the schema suggests for outputs, in Falco's order."""


@frozen
class AppendOutput:
    """Addition to the alerts of the rules that ``source``, ``tags`` and ``rule`` select.

    Attributes:
        output: text after the output of the rule and a blank; it may contain fields.
        fields: additional alert fields by name: a text with fields in it, or None for the field itself.
        suggested: add the fields about the container, and the static fields, as ``container_id=%container.id``.
        source: only rules of this source; empty for all.
        tags: only rules that have all of these tags.
        rule: only the rule of this name; empty for all.
    """

    output: str = ""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    suggested: bool = False
    source: str = ""
    tags: frozenset[str] = frozenset()
    rule: str = ""

    def fits(self, rule: Rule) -> bool:
        """Return whether the addition applies to a rule."""
        return (
            (not self.source or rule.source == self.source)
            and (not self.rule or rule.name == self.rule)
            and self.tags <= frozenset(rule.tags)
        )


@frozen
class Additions:
    """All additions.

    Attributes:
        append_output: additions in order of application.
        statics: values of static fields by name, ``static.…``.
    """

    append_output: tuple[AppendOutput, ...] = ()
    statics: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, append_output: Iterable[AppendOutput], static_fields: Mapping[str, str]) -> Additions:
        """Return the additions of a configuration, whose static fields have names without ``static.``."""
        return cls(tuple(append_output), {f"static.{name}": value for name, value in static_fields.items()})

    def output_of(self, rule: Rule) -> Text:
        """Return the output of a rule with all additions."""
        appended = [one for one in self._appended(rule) if one[0]]
        if not appended:
            return rule.output
        blank = Anchor(rule.output.span())
        pieces = rule.output.pieces()
        for text, name in appended:
            pieces += [(" ", blank, 0), (text, Source(name, text), 0)]
        return Text.join(pieces, rule.output.item)

    def fields_of(self, rule: Rule) -> dict[str, tuple[Text, bool]]:
        """Return the output of each additional field of a rule, and whether it is the field itself.

        A later addition replaces an earlier one of the same name.
        """
        found: dict[str, tuple[Text, bool]] = {}
        for number, entry in enumerate(self.append_output):
            if entry.fits(rule):
                name = f"append_output[{number}].extra_fields"
                for key, text in entry.fields.items():
                    shown = f"%{key}" if text is None else text
                    found[key] = Text(shown, Source(name, shown), item=rule.output.item), text is None
        return found

    def _appended(self, rule: Rule) -> Iterator[tuple[str, str]]:
        for number, entry in enumerate(self.append_output):
            if entry.fits(rule):
                yield entry.output, f"append_output[{number}].extra_output"
                if entry.suggested:
                    names = (*sorted(self.statics), *SUGGESTED)
                    text = " ".join(f"{name.replace('.', '_')}=%{name}" for name in names)
                    yield text, f"append_output[{number}].suggested_output"


NO_ADDITIONS: Final = Additions()
"""Rules as they are written."""
