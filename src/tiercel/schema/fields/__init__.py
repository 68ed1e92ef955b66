# SPDX-License-Identifier: Apache-2.0
"""The fields, by class."""

from __future__ import annotations

from typing import Final

from tiercel.schema.fields import evt, fd, proc, user
from tiercel.schema.types import Field

FIELDS: Final[tuple[Field, ...]] = (
    *evt.FIELDS,
    *proc.FIELDS,
    *user.FIELDS,
    *fd.FIELDS,
)
