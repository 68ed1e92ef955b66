# SPDX-License-Identifier: Apache-2.0
"""The text and the hint of every finding about rules: the one table that words them.

Codes are stable and never reused.  E1xx: what is written is not a rule file or condition.  E2xx: it is, but names or
types are wrong.  W5xx: it works, but is probably not what was meant.  N5xx: it costs much.  E61x: the
same for files with tests of rules.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from tiercel.lang.wording import cases, lints, names, structure, syntax
from tiercel.lang.wording.row import Wording

__all__ = ["WORDING", "Wording"]

WORDING: Final = MappingProxyType(structure.ROWS | syntax.ROWS | names.ROWS | lints.ROWS | cases.ROWS)
