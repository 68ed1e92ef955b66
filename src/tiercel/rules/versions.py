# SPDX-License-Identifier: Apache-2.0
"""Requirements of rule files: an engine version, plugins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from tiercel.frozen import frozen
from tiercel.lang.diagnostics import Report, show
from tiercel.lang.text import Span
from tiercel.rules.reader import UINT32, ItemReader, describe, integer
from tiercel.rules.yamlfile import Map, Node, Seq
from tiercel.schema.rulefile import PLUGIN

__all__ = ["ENGINE_VERSION", "PLUGINS", "PluginNeed", "Version", "check_plugins", "read_engine", "read_plugins"]

Version = tuple[int, int, int]

ENGINE_VERSION: Final[Version] = (0, 63, 0)
"""Version of Falco's rule engine with this language."""

PLUGINS: Final[Mapping[str, Version]] = MappingProxyType({"container": (0, 7, 1), "k8smeta": (0, 4, 1)})
"""Plugins of Falco with built-in fields here, and the corresponding version."""

# Falco ignores a suffix such as `-rc1`.
_SEMVER: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?![0-9])")


@frozen
class PluginNeed:
    """One entry of ``required_plugin_versions``; one of the ``choices`` must be available."""

    choices: tuple[tuple[str, Version], ...]
    span: Span


def read_engine(mapping: Map, report: Report) -> None:
    """Check a ``required_engine_version`` item."""
    reader = ItemReader(mapping, "required_engine_version", report)
    reader.check_keys({"required_engine_version"})
    scalar = reader.text("required_engine_version")
    if scalar is None:
        return
    number = integer(scalar.value)
    version = (0, number, 0) if number is not None and number <= UINT32 else parse_version(scalar.value)
    if version is None:
        reader.fail("E114", scalar.span, value=show(scalar.value))
    elif version[0] != ENGINE_VERSION[0] or version > ENGINE_VERSION:
        reader.fail("E222", scalar.span, wanted=format_version(version), have=format_version(ENGINE_VERSION))


def read_plugins(mapping: Map, report: Report) -> list[PluginNeed]:
    """Return the entries of a ``required_plugin_versions`` item."""
    reader = ItemReader(mapping, "required_plugin_versions", report)
    reader.check_keys({"required_plugin_versions"})
    node = mapping.get("required_plugin_versions")
    if not isinstance(node, Seq):
        reader.fail(
            "E108", mapping.key("required_plugin_versions"), key="required_plugin_versions", found=describe(node)
        )
        return []
    needs = (_need(element, reader) for element in node.items)
    return [need for need in needs if need is not None]


def _need(node: Node, reader: ItemReader) -> PluginNeed | None:
    choices: list[tuple[str, Version]] = []
    if not _choice(node, reader, choices):
        return None
    assert isinstance(node, Map)
    alternatives = node.get("alternatives")
    if alternatives is not None and not isinstance(alternatives, Seq):
        reader.fail("E108", node.key("alternatives"), key="alternatives", found=describe(alternatives))
        return None
    for other in alternatives.items if alternatives is not None else ():
        if not _choice(other, reader, choices):
            return None
    return PluginNeed(tuple(choices), node.span)


def _choice(node: Node, reader: ItemReader, choices: list[tuple[str, Version]]) -> bool:
    if not isinstance(node, Map):
        reader.fail("E115", node.span, key="required_plugin_versions", found=describe(node))
        return False
    inner = ItemReader(node, reader.item, reader.report, "the plugin")
    inner.check_keys(PLUGIN.names)
    name, version = inner.text("name"), inner.text("version")
    if name is None or version is None:
        return False
    parsed = parse_version(version.value)
    if parsed is None:
        reader.fail(
            "E227",
            version.span,
            problem=f"`{show(version.value)}` is not a version",
            suggestion="write three numbers, `0.4.0`",
        )
        return False
    if any(name.value == known for known, _ in choices):
        reader.fail(
            "E227",
            name.span,
            problem=f"plugin `{show(name.value)}` is given twice in one entry",
            suggestion="remove one",
        )
        return False
    choices.append((name.value, parsed))
    return True


def check_plugins(needs: Iterable[PluginNeed], report: Report, plugins: Mapping[str, Version] = PLUGINS) -> None:
    """Report every entry that no plugin satisfies; the first available choice of an entry decides."""
    for need in needs:
        have = next(((plugins[name], version) for name, version in need.choices if name in plugins), None)
        if have is None or have[0][0] != have[1][0] or have[0] < have[1]:
            wanted = " or ".join(f"{name} {format_version(version)}" for name, version in need.choices)
            built_in = ", ".join(f"{name} {format_version(version)}" for name, version in plugins.items())
            found = (
                "none of that name is built in" if have is None else f"version {format_version(have[0])} is built in"
            )
            hint = f"built in: {built_in}; remove the entry if the rules do without its fields" if have is None else ""
            report.add(
                "E229", need.span, item="required_plugin_versions", wanted=show(wanted), have=found, suggestion=hint
            )


def parse_version(text: str) -> Version | None:
    """Return ``x.y.z`` with any suffix as numbers, or None."""
    found = _SEMVER.match(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def format_version(version: Version) -> str:
    """Return a version as text."""
    return ".".join(map(str, version))
