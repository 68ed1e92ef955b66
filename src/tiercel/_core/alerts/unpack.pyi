# SPDX-License-Identifier: Apache-2.0
"""Events and alerts as Python objects."""

from typing import Any, Literal, TypeAlias, final

from typing_extensions import Buffer

_Value: TypeAlias = str | bytes | int | float | bool | list[Any] | None

@final
class RawAlert:
    """A rule matched: what was taken from the event at that moment."""

    rule: int
    """Index into ``RuleProgram.rules``."""
    binding: Literal["requested", "resolved"]
    """Form of the paths under which the rule matched; ``requested`` for a rule without paths."""
    time_ns: int
    """Unix time of the event."""
    num: int
    """Number of the event, counted by the evaluator from 1."""
    values: tuple[_Value, ...]
    """The rule's output fields, in the order of ``RuleProgram.outputs``.

    None: no value. Addresses are text, and bytes of a text that are not UTF-8 are surrogates. Lists are lists.
    """
    event: bytes
    """The record; empty for an event that was given as fields."""
    is_cut: bool
    """A value was shortened or left out for want of room."""
    is_unsure: bool
    """Something is not known of the event's container, and the rule might not match if it were."""

def decode(record: Buffer) -> dict[str, Any]:
    """Return everything in a record.

    Returns:
        ``type``; ``params``, by name: numbers, text, bytes for byte buffers, the path as it was passed, addresses as
        text, None for what is absent; ``extra``: what the record tells beyond Falco's params; ``paths``: each path
        param in its forms ``name``, ``base`` and ``real``; ``file``: what the event's descriptor refers to, or None;
        and the members of the header, with ``pid`` and ``ppid`` for the thread groups and ``boot_ns`` for the time.

    Raises:
        EventError: E301, the bytes are not one whole event.
    """
