# SPDX-License-Identifier: Apache-2.0
"""Questions about containers that are not answered yet, and what was answered."""

from __future__ import annotations

import re
import time
from typing import Final

from tiercel.containers.engines.worker import FAILED, Answer, EngineWorker
from tiercel.containers.interfaces import Ask
from tiercel.containers.metadata import Info

__all__ = ["Question", "is_random", "whole_id"]

_WHOLE: Final = re.compile(r"[0-9a-f]{64}")
# Seconds after which all are asked again, the last one as often as needed: as long as events wait, a container may be
# so new that its engine does not know it; later it may only have been hard to reach.
_PAUSES: Final = (0.03, 0.06, 0.12, 0.24)
_LATE_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
_LAST_PAUSE: Final = 30.0


def whole_id(ask: Ask) -> str:
    """Return the whole id of a container, as far as its control group tells it."""
    short, matcher, cgroup = ask[:3]
    for found in reversed(_WHOLE.findall(cgroup)):
        if found.startswith(short):
            return str(found)
    last = cgroup.rpartition("/")[2]
    return last if matcher == "containerd" and last.startswith(short) else short


def is_random(container: str) -> bool:
    """Whether an id is one that an engine has drawn: no other container will ever have it."""
    return _WHOLE.fullmatch(container) is not None


class Question:
    """What is known of a container?  Asked of all engines at once.

    Args:
        ask: what the table asked.
        wait: seconds that events wait for the answer.

    Attributes:
        ask: what the table asked.
        short: its id, as the table has it.
        whole: the same, as long as it is known.
        matcher: how its control group was recognised.
        cgroup: path of that group.
        pending: engines that have not answered.
        best: the best answer so far, and who gave it; an announcement until there is one.
        failed: whether an engine could not be asked.
    """

    __slots__ = ("_hurries_until", "_tries", "ask", "best", "cgroup", "failed", "matcher", "pending", "short", "whole")

    def __init__(self, ask: Ask, wait: float) -> None:
        self.ask = ask
        self._hurries_until = time.monotonic() + wait
        self.short, self.matcher, self.cgroup = ask[:3]
        self.whole = whole_id(ask)
        self.pending: set[EngineWorker] = set()
        self.best: tuple[EngineWorker, Info] | None = None
        self.failed = False
        self._tries = 0

    def fits(self, worker: EngineWorker) -> bool:
        """Whether an engine may know the container, and is to be believed.

        Only podman has control groups with podman's names. A user's own engine runs containers below his slice.
        """
        if worker.owner is not None and f"/user-{worker.owner}.slice/" not in self.cgroup:
            return False
        return self.matcher != "podman" or worker.name == "podman"

    def take(self, worker: EngineWorker, answer: Answer) -> None:
        """Take what an engine answered."""
        self.pending.discard(worker)
        if answer == FAILED:
            self.failed = True
        elif isinstance(answer, Info) and (self.best is None or worker.rank <= self.best[0].rank):
            self.best = worker, answer

    def is_settled(self) -> bool:
        """Whether somebody answered, and nobody who is still asked would be believed more."""
        best = self.best
        return best is not None and not best[1].is_partial and all(one.rank >= best[0].rank for one in self.pending)

    def pause(self) -> tuple[float | None, bool]:
        """Return after how many seconds to ask again, None for never, and whether events need wait no longer."""
        if self._tries == len(_PAUSES) and time.monotonic() + _PAUSES[-1] < self._hurries_until:
            self._tries -= 1
        tries, self._tries = self._tries, self._tries + 1
        failed, self.failed = self.failed, False
        if tries < len(_PAUSES):
            return _PAUSES[tries], False
        if tries < len(_PAUSES) + len(_LATE_PAUSES):
            return _LATE_PAUSES[tries - len(_PAUSES)], True
        return (_LAST_PAUSE if failed else None), True

    def hurry_no_more(self) -> None:
        """Go on with the longer pauses: no event waits for the answer."""
        self._tries = max(self._tries, len(_PAUSES))
        self._hurries_until = 0.0
