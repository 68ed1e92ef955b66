# SPDX-License-Identifier: Apache-2.0
"""Settings and counters of limits of repeated alerts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tiercel.errors import UsageError
from tiercel.frozen import field, frozen
from tiercel.lang.wildcard import fits
from tiercel.rules.model import Priority

if TYPE_CHECKING:
    from tiercel.alerts.alert import Alert

__all__ = ["AlertLimit", "LimitStats"]

_MAX_WINDOW: Final = 7 * 86_400.0
_NONE: Mapping[str, int] = MappingProxyType({})


@frozen
class AlertLimit:
    """Limit of repeated alerts: in each window of time, the first alerts pass, and a summary replaces the others.

    A limit concerns the alerts that fit each of ``rules``, ``tags`` and ``priorities`` that is given; without these, it
    concerns all alerts of rules. Alerts are repeats if they have the same rule and the same values of ``fields``. An
    alert that lacks one of these fields passes, and is counted.

    Attributes:
        rules: names of rules; ``*`` stands for any characters.
        tags: tags, one of which the rule has.
        priorities: priorities, one of which the rule has.
        fields: names of fields, as in the rule's output; empty: all alerts of a rule are repeats.
        window: seconds from the first alert, in the time of events; up to seven days.
        max: alerts that pass in a window.
    """

    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = ()
    fields: tuple[str, ...] = ()
    window: float = 60.0
    max: int = 1

    def __post_init__(self) -> None:
        for name in ("rules", "tags", "fields"):
            value = getattr(self, name)
            if isinstance(value, str) or not all(isinstance(one, str) and one for one in value):
                raise UsageError("E607", f"{name} of a limit is a sequence of texts, as ('one',)")
        if not 0 < self.window <= _MAX_WINDOW or self.max < 1:
            raise UsageError("E607", f"window is above 0 and at most {_MAX_WINDOW:g} seconds, and max is at least 1")

    def concerns(self, alert: Alert) -> bool:
        """Return whether the limit concerns the alerts of a rule."""
        return (
            (not self.rules or any(fits(alert.rule, pattern) for pattern in self.rules))
            and (not self.tags or not frozenset(self.tags).isdisjoint(alert.tags))
            and (not self.priorities or alert.priority in self.priorities)
        )


@frozen
class LimitStats:
    """Counters of limits.

    Attributes:
        suppressed: suppressed alerts by rule.
        summaries: alerts that summarise them.
        lacking: alerts that passed because they lack a field of their limit.
        evicted: windows that ended early because the table was full; repeats then pass again.
        open: windows now.
    """

    suppressed: Mapping[str, int] = field(default_factory=lambda: _NONE)
    summaries: int = 0
    lacking: int = 0
    evicted: int = 0
    open: int = 0
