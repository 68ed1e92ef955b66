# SPDX-License-Identifier: Apache-2.0
"""Where values come from: fields, transformers, and what is written among their arguments."""

from typing import final

@final
class SlotTable:
    """The sources of a program, equal ones once; filled by ``RuleProgram``."""
