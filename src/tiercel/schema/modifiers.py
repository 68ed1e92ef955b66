# SPDX-License-Identifier: Apache-2.0
"""The modifiers of operators: number of operands that must match."""

from __future__ import annotations

from typing import Final

from tiercel.schema.types import Modifier

MODIFIERS: Final[tuple[Modifier, ...]] = (
    Modifier("oneof", "The operator holds for one of the operands and for no other."),
    Modifier("anyof", "The operator holds for one of the operands at least."),
    Modifier("allof", "The operator holds for all operands, of which there is one at least."),
)
