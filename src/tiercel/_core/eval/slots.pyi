# SPDX-License-Identifier: Apache-2.0
"""Value sources of a program: fields, transformers, lists and constants."""

from typing import final

@final
class SlotTable:
    """Deduplicated value sources of a program; filled by ``RuleProgram``."""
