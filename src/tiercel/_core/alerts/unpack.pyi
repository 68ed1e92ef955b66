# SPDX-License-Identifier: Apache-2.0
"""Conversion of records and packed alerts to Python objects."""

from typing import Any, Literal, TypeAlias, final

from typing_extensions import Buffer

_Value: TypeAlias = str | bytes | int | float | bool | list[Any] | None

@final
class RawAlert:
    """One match of a rule, with the values of its output fields."""

    rule: int
    """Index into ``RuleProgram.rules``."""
    binding: Literal["requested", "resolved"]
    """Binding of paths in the match; ``requested`` for a rule without paths."""
    time_ns: int
    """Unix time of the event."""
    num: int
    """Number of the event, from 1 (``evt.num``)."""
    values: tuple[_Value, ...]
    """Values of the rule's output fields, in the order of ``RuleProgram.outputs``.

    None: no value. Addresses are text. Bytes of a text that are not UTF-8 become surrogates. Lists are lists.
    """
    event: bytes
    """The record; empty for a mapping of field values."""
    is_cut: bool
    """True if a value was shortened or omitted to fit the buffer."""
    is_uncertain: bool
    """True if the match depends on missing metadata of the event's container."""

def decode(record: Buffer) -> dict[str, Any]:
    """Return all values of a record.

    Returns:
        ``type``; ``params``, by name: numbers, text, bytes for byte buffers, the path as passed, addresses as text,
        None for absent values; ``extra``: values beyond Falco's params; ``paths``: each path param in its forms
        ``name``, ``base`` and ``real``; ``file``: target of the event's descriptor, or None; and the members of the
        header, with ``pid`` and ``ppid`` for the thread groups and ``boot_ns`` for the time.

    Raises:
        EventError: E301, the bytes are not one whole event.
    """
