# SPDX-License-Identifier: Apache-2.0
"""Row classes of the tables that convert the kernel's numbers to Falco's."""

from __future__ import annotations

from tiercel.frozen import frozen
from tiercel.schema.types import FlagTable


@frozen
class NativeFlags:
    """Bits: an entry of ``rows`` (name, native mask) adds the name's value as soon as one bit of the mask is set.

    Attributes:
        table: flag table that gives each name its value.
        mode_bits: mask of a small number inside the flags, and the value for each of its values; 0 for none.
        arm64: masks of the names with other values on arm64.
    """

    name: str
    doc: str
    table: FlagTable
    rows: tuple[tuple[str, int], ...]
    mode_mask: int = 0
    modes: tuple[int, ...] = ()
    arm64: tuple[tuple[str, int], ...] = ()


@frozen
class NativeCodes:
    """Codes: each native number of ``rows`` (name, number) becomes the name's value; any other becomes ``unknown``."""

    name: str
    doc: str
    table: FlagTable
    rows: tuple[tuple[str, int], ...]
    unknown: int = 0


def canonical(flags: int, row: NativeFlags) -> int:
    """Return the kernel's ``flags`` in Falco's numbers."""
    values = dict(row.table.rows)
    found = row.modes[flags & row.mode_mask] if row.mode_mask else 0
    for name, mask in row.rows:
        if flags & mask:
            found |= values[name]
    return found
