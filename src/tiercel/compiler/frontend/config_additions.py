# SPDX-License-Identifier: Apache-2.0
"""What a configuration adds to rules: more output, and static fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
"""The fields that the schema suggests for outputs, in Falco's order."""


@frozen
class AppendOutput:
    """What is added to the alerts of the rules that fit ``source``, ``tags`` and ``rule``.

    Attributes:
        output: added to the output of the rule, behind a blank; it may hold fields.
        fields: more fields of the alert, by name: as a text with fields in it, or None for the field itself.
        suggested: add the fields that tell the container, and the static fields, as ``container_id=%container.id``.
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
        """Say whether something is added to this rule."""
        return (
            (not self.source or rule.source == self.source)
            and (not self.rule or rule.name == self.rule)
            and self.tags <= frozenset(rule.tags)
        )


@frozen
class Additions:
    """Everything that is added.

    Attributes:
        append_output: in the order in which it is appended.
        statics: values of static fields by name, ``static.…``.
    """

    append_output: tuple[AppendOutput, ...] = ()
    statics: Mapping[str, str] = field(default_factory=dict)

    def output_of(self, rule: Rule) -> Text:
        """Return the output of a rule with everything that is appended to it."""
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

        Of two with one name the later counts.
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
