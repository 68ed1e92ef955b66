# SPDX-License-Identifier: Apache-2.0
"""Pending lookups of container metadata."""

from __future__ import annotations

import re
import time
from typing import Final

from tiercel.containers.engines.interface import FAILED, Answer
from tiercel.containers.engines.worker import EngineWorker
from tiercel.containers.interfaces import LookupRequest
from tiercel.containers.metadata import ContainerInfo

__all__ = ["PendingLookup", "is_random", "whole_id"]

# State machine of the lookup of one container. All transitions are methods of `resolver.MetadataResolver`.
#
#   NONE --request--> IN FLIGHT <------timer------ BACK-OFF --no delay left--> UNKNOWN
#    |                 |  ^  |                         ^                       ^   |
#    |                 |  |  +--no whole result--------+                       |   |
#    |                 |  |  +--no engine to request---------------------------+   |
#    |                 |  +-----engine is up---------------------------------------+
#    |                 v
#    +--cached------> KNOWN <--result that an engine event led to, in any state
#
# state      event                                        action, next state
# NONE       request; whole metadata cached or static     write to the table [_settle]: KNOWN
#            request; cached metadata is partial or       announce partial metadata, request its engine again
#              from before the start of the container       [_repeat]: IN FLIGHT
#            request                                      request all engines that fit and are up [_start]: IN FLIGHT
#            request; no engine can know the kind, or     mark as missing: NONE
#              there are _MAX_LOOKUPS lookups
# IN FLIGHT  whole result, no engine of precedence left   [_settle_best]: KNOWN
#            whole result, others left                    after _PATIENCE (or half of the wait) the same
#            cached metadata from before the start        after _START (or 0.8 of the wait) the same
#            last response, no whole result               [_retry]: BACK-OFF, or UNKNOWN without a delay
#            no engine to request                         [_give_up]: UNKNOWN
# BACK-OFF   timer                                        [_start]: IN FLIGHT
# UNKNOWN    an engine that fits is up [on_up]            request that engine: IN FLIGHT
#            request                                      as in NONE, with a new lookup
# any        an engine that fits is up [on_up]            a lookup in _lookups requests that engine, too
#            an engine reports an event                   keep its partial metadata, request that engine; the result
#              [on_engine_event]                            [_on_prefetched] is a response if there is a lookup in
#                                                           _lookups, otherwise: KNOWN
#            an engine reports the removal                UNKNOWN and KNOWN: NONE; KNOWN stays for ids drawn at random
#
# Events wait while the table has the container as requested: in IN FLIGHT and in BACK-OFF with the fast delays. Before
# a slow delay, and before UNKNOWN, the container is marked as missing [_miss]. If the table does not have the container
# any more, the lookup ends in NONE instead. A request in IN FLIGHT or BACK-OFF only announces partial metadata again.
#
# The state is in five places:
# - `parts[].status` of the container in the core's table: requested, set or missing; decides whether events wait.
# - `MetadataResolver._lookups`: IN FLIGHT and BACK-OFF; in BACK-OFF, `PendingLookup.pending` is empty.
# - `MetadataResolver._unknown`: UNKNOWN. An entry stays until KNOWN or NONE, so resumed lookups are in both.
# - `MetadataResolver._cache`: KNOWN, and results of engine events for containers without a request so far.
# - `MetadataResolver._unstarted`: ids in the cache whose metadata is from before the start of the container.

_WHOLE: Final = re.compile(r"[0-9a-f]{64}")
# Seconds until all engines are requested again; the last fast delay is repeated while events wait. While events wait, a
# container may be too new for its engine; later the engine may only have been unreachable.
_DELAYS: Final = (0.03, 0.06, 0.12, 0.24)
_SLOW_DELAYS: Final = (1.0, 2.0, 4.0, 8.0)
_LAST_DELAY: Final = 30.0


def whole_id(request: LookupRequest) -> str:
    """Return the whole id of a container if its control group has it, else the short id."""
    short, matcher, cgroup = request[:3]
    for found in reversed(_WHOLE.findall(cgroup)):
        if found.startswith(short):
            return str(found)
    last = cgroup.rpartition("/")[2]
    return last if matcher == "containerd" and last.startswith(short) else short


def is_random(container: str) -> bool:
    """Return whether an engine generated an id at random, so that no other container ever has it."""
    return _WHOLE.fullmatch(container) is not None


class PendingLookup:
    """Lookup of one container at all engines in parallel.

    Args:
        request: request of the table.
        wait: seconds that events wait for the result.

    Attributes:
        request: request of the table.
        short: id of the container in the table.
        whole: the whole id if it is known, else the short one.
        matcher: pattern that recognised the control group.
        cgroup: path of that group.
        pending: engines without a response so far.
        best: the best result so far and its engine; metadata from an engine event until there is a result.
        failed: whether a request to an engine failed.
    """

    __slots__ = ("_fast_until", "_tries", "best", "cgroup", "failed", "matcher", "pending", "request", "short", "whole")

    def __init__(self, request: LookupRequest, wait: float) -> None:
        self.request = request
        self._fast_until = time.monotonic() + wait
        self.short, self.matcher, self.cgroup = request[:3]
        self.whole = whole_id(request)
        self.pending: set[EngineWorker] = set()
        self.best: tuple[EngineWorker, ContainerInfo] | None = None
        self.failed = False
        self._tries = 0

    def fits(self, worker: EngineWorker) -> bool:
        """Return whether an engine may have the container, and is trusted with it.

        Only podman has control groups with podman's names. A rootless engine runs containers below its user's slice.
        """
        if worker.id.owner is not None and f"/user-{worker.id.owner}.slice/" not in self.cgroup:
            return False
        return self.matcher != "podman" or worker.id.name == "podman"

    def take(self, worker: EngineWorker, answer: Answer) -> None:
        """Record the response of an engine."""
        self.pending.discard(worker)
        if answer == FAILED:
            self.failed = True
        elif isinstance(answer, ContainerInfo) and (self.best is None or worker.id.rank <= self.best[0].id.rank):
            self.best = worker, answer

    def is_settled(self) -> bool:
        """Return whether there is a whole result, and no pending engine has precedence over its engine."""
        best = self.best
        return (
            best is not None and not best[1].is_partial and all(one.id.rank >= best[0].id.rank for one in self.pending)
        )

    def next_delay(self) -> tuple[float | None, bool]:
        """Return the seconds until the next attempt, None for no attempt, and whether the slow back-off has begun."""
        if self._tries == len(_DELAYS) and time.monotonic() + _DELAYS[-1] < self._fast_until:
            self._tries -= 1
        tries, self._tries = self._tries, self._tries + 1
        failed, self.failed = self.failed, False
        if tries < len(_DELAYS):
            return _DELAYS[tries], False
        if tries < len(_DELAYS) + len(_SLOW_DELAYS):
            return _SLOW_DELAYS[tries - len(_DELAYS)], True
        return (_LAST_DELAY if failed else None), True

    def use_slow_backoff(self) -> None:
        """Continue with the longer delays, as no event waits for the result."""
        self._tries = max(self._tries, len(_DELAYS))
        self._fast_until = 0.0
