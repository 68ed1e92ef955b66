# SPDX-License-Identifier: Apache-2.0
"""Table of the texts and hints of all findings about rules.

Codes are stable and never reused.  E1xx: syntax errors in rule files and conditions.  E2xx: wrong names or types.
W5xx: valid, but probably a mistake.  N5xx: expensive rules.  E61x: errors in files with tests of rules.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from tiercel.lang.wording import cases, lints, names, structure, syntax
from tiercel.lang.wording.row import Wording

__all__ = ["WORDING", "Wording"]

WORDING: Final = MappingProxyType(structure.ROWS | syntax.ROWS | names.ROWS | lints.ROWS | cases.ROWS)
