# SPDX-License-Identifier: Apache-2.0
"""Settings of the checks of a sensor on itself."""

from __future__ import annotations

from typing import Final

from tiercel.errors import UsageError
from tiercel.frozen import frozen

__all__ = ["MIN_CANARY_MS", "SelfChecks"]

MIN_CANARY_MS: Final = 1000


@frozen
class SelfChecks:
    """Settings of the checks of a sensor on itself.

    Attributes:
        canary_ms: milliseconds between two test events (canaries), which prove that events still reach the alert queue;
            0: none. A canary that does not arrive within 10 seconds causes a notice, and so does the first that arrives
            after that. The default is 0: the check is a part of reading alerts, which a program may do rarely, and it
            adds one record per period. ``tiercel run`` has a period of a minute.
    """

    canary_ms: int = 0

    def __post_init__(self) -> None:
        if self.canary_ms != 0 and self.canary_ms < MIN_CANARY_MS:
            raise UsageError("E607", f"canary_ms is 0 or at least {MIN_CANARY_MS}, not {self.canary_ms}")
