# SPDX-License-Identifier: Apache-2.0
"""The items of rule files: their keys, the form of each value, and the effect of ``override``.

The reader (:mod:`tiercel.rules`) and the JSON schema for editors both follow these rows.
"""

from __future__ import annotations

from typing import Final

from tiercel.frozen import frozen


@frozen
class Key:
    """One key of an item.

    Attributes:
        name: spelling in a rule file.
        form: form of its value: ``text``, ``condition``, ``output``, ``flag``, ``number``, ``texts``, ``priority``,
            ``exceptions``, ``override``, ``version``, ``plugins``, ``fields``, ``comps``, ``values``.
        doc: purpose.
        required: a whole definition has it.
        append: ``override`` can append to it.
        replace: ``override`` can replace it.
        deprecated: the replacement.
    """

    name: str
    form: str
    doc: str
    required: bool = False
    append: bool = False
    replace: bool = False
    deprecated: str = ""


@frozen
class Item:
    """One kind of item, or of a mapping inside one.

    Attributes:
        name: the first key of an item of this kind; for other items a descriptive name.
        doc: purpose.
        keys: its keys.
    """

    name: str
    doc: str
    keys: tuple[Key, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the keys."""
        return tuple(key.name for key in self.keys)

    @property
    def required(self) -> tuple[str, ...]:
        """Keys that a whole definition has."""
        return tuple(key.name for key in self.keys if key.required)

    @property
    def appendable(self) -> frozenset[str]:
        """Keys that ``override`` can append to."""
        return frozenset(key.name for key in self.keys if key.append)

    @property
    def replaceable(self) -> frozenset[str]:
        """Keys that ``override`` can replace."""
        return frozenset(key.name for key in self.keys if key.replace)


PRIORITIES: Final = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug", "Info")
"""Names of priorities, the most urgent first; ``Info`` is ``Informational``.  The case of letters does not matter."""


def _forms(*words: str) -> tuple[str, ...]:
    return tuple(form for word in words for form in (word, word.upper(), word.capitalize()))


TRUE: Final = _forms("true", "yes", "on", "y")
FALSE: Final = _forms("false", "no", "off", "n")

_OVERRIDE: Final = Key(
    "override", "override", "Which keys are appended to an earlier definition, or replace its value."
)
_APPEND: Final = Key("append", "flag", "Append to an earlier definition.", deprecated="`override`")

ENGINE_VERSION: Final = Item(
    "required_engine_version",
    "The oldest version of Falco's rule engine that the rules are for.",
    (Key("required_engine_version", "version", "Three numbers, `0.57.0`, or the middle one alone.", required=True),),
)

PLUGIN_VERSIONS: Final = Item(
    "required_plugin_versions",
    "Plugins of Falco whose fields the rules use.",
    (Key("required_plugin_versions", "plugins", "One entry for each plugin.", required=True),),
)

LIST: Final = Item(
    "list",
    "A list of values that conditions name in place of the values.",
    (
        Key("list", "text", "Name of the list.", required=True),
        Key("items", "texts", "The values; the name of an earlier list stands for its values.", True, True, True),
        _OVERRIDE,
        _APPEND,
    ),
)

MACRO: Final = Item(
    "macro",
    "A condition with a name, for use in other conditions.",
    (
        Key("macro", "text", "Name of the macro: letters, digits and `_`.", required=True),
        Key("condition", "condition", "What must hold.", True, True, True),
        _OVERRIDE,
        _APPEND,
    ),
)

RULE: Final = Item(
    "rule",
    "What to look for, and what to say about it.",
    (
        Key("rule", "text", "Name of the rule.", required=True),
        Key("desc", "text", "What the rule detects, and why.", True, True, True),
        Key("condition", "condition", "What must hold for an event.", True, True, True),
        Key("output", "output", "Message of the alert; `%proc.name` prints a field.", True, True, True),
        Key("priority", "priority", "How urgent an alert is.", required=True, replace=True),
        Key("source", "text", "Where the events come from; by default `syscall`."),
        Key("enabled", "flag", "Whether the rule takes part; by default it does.", replace=True),
        Key("tags", "texts", "Words to select rules by.", append=True, replace=True),
        Key(
            "exceptions", "exceptions", "Values of fields for which the rule does not hold.", append=True, replace=True
        ),
        Key("capture", "flag", "Whether an alert starts a capture.", replace=True),
        Key("capture_duration", "number", "How long that capture is, in milliseconds.", replace=True),
        Key("warn_evttypes", "flag", "`false`: no warning of a condition without event types.", replace=True),
        Key("skip-if-unknown-filter", "flag", "`true`: an unknown field leaves the rule out.", replace=True),
        _OVERRIDE,
        _APPEND,
    ),
)

ITEMS: Final = (ENGINE_VERSION, PLUGIN_VERSIONS, LIST, MACRO, RULE)
"""Kinds of items.  Of an item with the keys of several kinds the first counts."""

EXCEPTION: Final = Item(
    "exception",
    "Values of some fields for which a rule does not hold.",
    (
        Key("name", "text", "Name of the exception, by which later files append values to it.", required=True),
        Key("fields", "fields", "One field, or a list of them.", required=True),
        Key(
            "comps", "comps", "The operator for each field; by default `in` for one field and `=` for those of a list."
        ),
        Key("values", "values", "Values of the one field, or lists with one value for each field."),
    ),
)

PLUGIN: Final = Item(
    "plugin",
    "A plugin, and the oldest version that will do.",
    (
        Key("name", "text", "Name of the plugin.", required=True),
        Key("version", "text", "Three numbers, `0.4.0`.", required=True),
        Key("alternatives", "plugins", "Other plugins that will do."),
    ),
)
