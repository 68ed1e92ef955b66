# SPDX-License-Identifier: Apache-2.0
"""Reader of rule file items, which applies each to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tiercel.lang.diagnostics import Report, show
from tiercel.lang.text import Text
from tiercel.rules.collection import Collection, join
from tiercel.rules.exceptions import append_exceptions, read_exceptions
from tiercel.rules.model import Priority, Rule
from tiercel.rules.override import Override, old_append, read_override
from tiercel.rules.reader import ItemReader
from tiercel.rules.yamlfile import Map, Scalar
from tiercel.schema.rulefile import LIST, MACRO, RULE

__all__ = ["read_list", "read_macro", "read_rule"]

_BLANKS: Final = " \t\n\v\f\r"


def read_list(mapping: Map, collection: Collection, report: Report) -> None:
    """Read a ``list`` item."""
    reader, name = _begin(mapping, "list", report)
    if name is None:
        return
    reader.check_keys(LIST.names)
    if set(f"()\"'=,{_BLANKS}") & set(name.value):
        reader.warn("W506", name.span, name=show(name.value))
    override = read_override(reader, LIST)
    if not reader.has("items"):
        reader.text("items", hint="a list without elements is written `items: []`")
    items = reader.texts("items")
    if reader.errors:
        collection.broken.add(name.value)
    if _appends(reader, override, "items"):
        collection.append_list(name.value, items, reader, name.span)
    else:
        collection.define_list(name.value, items, reader, name.span)


def read_macro(mapping: Map, collection: Collection, report: Report) -> None:
    """Read a ``macro`` item."""
    reader, name = _begin(mapping, "macro", report)
    if name is None:
        return
    reader.check_keys(MACRO.names)
    if not (name.value[:1].isalpha() and name.value.replace("_", "a").isalnum() and name.value.isascii()):
        reader.warn("W505", name.span, name=show(name.value))
    override = read_override(reader, MACRO)
    condition = reader.text("condition")
    if condition is None or reader.errors:
        collection.broken.add(name.value)
    elif _appends(reader, override, "condition"):
        collection.append_macro(name.value, condition.text(reader.item), reader, name.span)
    else:
        collection.define_macro(name.value, condition.text(reader.item), name.span)


def read_rule(mapping: Map, collection: Collection, report: Report) -> None:
    """Read a ``rule`` item: a definition, an override, or one of the two older forms of a change."""
    reader, name = _begin(mapping, "rule", report)
    if name is None:
        return
    reader.check_keys(RULE.names)
    override = read_override(reader, RULE)
    if override:
        _override(reader, name, override, collection)
    elif not reader.errors:
        if old_append(reader, "condition"):
            _append(reader, name, collection)
        elif not any(reader.has(key) for key in ("condition", "output", "desc", "priority")):
            _switch(reader, name, collection)
        else:
            _define(reader, name, collection)
    if reader.errors:
        collection.broken.add(name.value)


def _begin(mapping: Map, kind: str, report: Report) -> tuple[ItemReader, Scalar | None]:
    reader = ItemReader(mapping, f"the {kind}", report)
    name = reader.text(kind)
    if name is not None:
        reader.item = f'{kind} "{show(name.value)}"'
    return reader, name


def _appends(reader: ItemReader, override: Override, key: str) -> bool:
    return override.get(key) == "append" or old_append(reader, key)


# -- the forms of a rule item ------------------------------------------------------------------------------------------


def _define(reader: ItemReader, name: Scalar, collection: Collection) -> None:
    condition, output, desc = reader.text("condition"), reader.text("output"), reader.text("desc")
    priority = reader.priority("priority")
    source = reader.text("source") if reader.has("source") else None
    source_name = "syscall" if source is None else source.value
    exceptions = read_exceptions(reader, known=source_name in collection.sources)
    values = {attribute: read(reader) for attribute, read in _PLAIN.values()}
    if condition is None:
        return
    # The condition is checked despite an error in another key, so that one run reports all errors.
    rule = Rule(
        name=name.value,
        condition=condition.text(reader.item),
        output=Text.join([], reader.item) if output is None else _trim(output, reader.item),
        desc="" if desc is None else desc.value,
        priority=Priority.DEBUG if priority is None else priority,
        source=source_name,
        exceptions=exceptions or (),
        span=name.span,
        **values,
    )
    collection.define_rule(rule, reader)


def _override(reader: ItemReader, name: Scalar, override: Override, collection: Collection) -> None:
    """Change the keys that ``override`` names: appended keys first, then replaced ones."""
    if not _named(reader, override):
        return
    appended = [key for key in override if override.get(key) == "append"]
    rule = collection.find_rule(name.value, "append to" if appended else "change", reader, name.span)
    if rule is None or not _keeps_source(reader, rule, collection):
        return
    changes: dict[str, Any] = {}
    known = rule.source in collection.sources
    for key in appended:
        _read_appended(reader, rule, key, changes, known)
    for key in override:
        if override.get(key) == "replace":
            _read_replaced(reader, key, changes, known)
    if not reader.errors:
        collection.change_rule(rule, override.operations, name.span, **changes)


def _named(reader: ItemReader, override: Override) -> bool:
    """Report keys that are only in ``override`` or only in the item."""
    for key in override:
        if not reader.has(key):
            reader.fail("E118", override.span(key), key=key, owner=reader.item)
    for key in RULE.names:
        if key in RULE.appendable | RULE.replaceable and reader.has(key) and key not in override:
            reader.fail("E119", reader.map.key(key), key=key)
    return not reader.errors


def _append(reader: ItemReader, name: Scalar, collection: Collection) -> None:
    """Apply the older ``append: true``, which changes condition and exceptions and ignores all other keys."""
    if not reader.has("condition") and not reader.has("exceptions"):
        hint = "give the `condition` or `exceptions` to append"
        reader.fail("E223", reader.map.key("append"), key="append", value="true", suggestion=hint)
        return
    rule = collection.find_rule(name.value, "append to", reader, name.span)
    if rule is None or not _keeps_source(reader, rule, collection):
        return
    changes: dict[str, Any] = {}
    known = rule.source in collection.sources
    for key in ("condition", "exceptions"):
        if reader.has(key):
            _read_appended(reader, rule, key, changes, known)
    if not reader.errors:
        collection.change_rule(rule, dict.fromkeys(changes, "append"), name.span, **changes)


def _switch(reader: ItemReader, name: Scalar, collection: Collection) -> None:
    """Apply the older form of an item with only ``enabled:``."""
    if not reader.has("enabled"):
        reader.text("condition", hint="a rule needs condition, desc, output and priority")
        return
    enabled = reader.flag("enabled", default=True)
    reader.warn(
        "W508",
        reader.map.key("enabled"),
        what="a rule item with `enabled` alone",
        suggestion="write `override:` with `enabled: replace` below it",
    )
    rule = collection.find_rule(name.value, "enable" if enabled else "disable", reader, name.span)
    if rule is not None and not reader.errors:
        collection.change_rule(rule, {"enabled": "replace"}, name.span, enabled=enabled)


def _keeps_source(reader: ItemReader, rule: Rule, collection: Collection) -> bool:
    node = reader.map.get("source")
    if node is None or (isinstance(node, Scalar) and (node.is_null or not node.value)):
        return True
    source = reader.text("source")
    return source is not None and collection.same_source(rule, source.value, reader, source.span)


# -- keys --------------------------------------------------------------------------------------------------------------

_PLAIN: Final[dict[str, tuple[str, Callable[[ItemReader], Any]]]] = {
    "enabled": ("enabled", lambda reader: reader.flag("enabled", default=True)),
    "tags": ("tags", lambda reader: tuple(dict.fromkeys(tag.value for tag in reader.texts("tags")))),
    "warn_evttypes": ("warn_evttypes", lambda reader: reader.flag("warn_evttypes", default=True)),
    "skip-if-unknown-filter": (
        "skip_if_unknown_filter",
        lambda reader: reader.flag("skip-if-unknown-filter", default=False),
    ),
    "capture": ("capture", lambda reader: reader.flag("capture", default=False)),
    "capture_duration": ("capture_duration_ms", lambda reader: reader.number("capture_duration", 0)),
}
"""Keys that depend on no other key: attribute of the rule, and reader."""


def _read_appended(reader: ItemReader, rule: Rule, key: str, changes: dict[str, Any], known: bool) -> None:
    if key == "tags":
        changes["tags"] = tuple(dict.fromkeys((*rule.tags, *(tag.value for tag in reader.texts("tags")))))
    elif key == "exceptions":
        added = read_exceptions(reader, known=known, appending=True)
        if added is not None:
            changes["exceptions"] = append_exceptions(rule, added, reader)
    elif (scalar := reader.text(key)) is not None:
        if key == "desc":
            changes["desc"] = f"{rule.desc} {scalar.value}"
        else:
            changes[key] = join(getattr(rule, key), scalar.text(reader.item), scalar.span)


def _read_replaced(reader: ItemReader, key: str, changes: dict[str, Any], known: bool) -> None:
    if key in _PLAIN:
        attribute, read = _PLAIN[key]
        changes[attribute] = read(reader)
    elif key == "priority":
        changes["priority"] = reader.priority("priority")
    elif key == "exceptions":
        changes["exceptions"] = read_exceptions(reader, known=known)
    elif (scalar := reader.text(key)) is not None:
        changes[key] = scalar.value if key == "desc" else scalar.text(reader.item)


def _trim(scalar: Scalar, item: str) -> Text:
    """Return an output without surrounding blanks, which a folded scalar always has."""
    text, value = scalar.text(item), scalar.value
    start = len(value) - len(value.lstrip(_BLANKS))
    return Text.join(text.pieces(start, max(len(value.rstrip(_BLANKS)), start)), item)
