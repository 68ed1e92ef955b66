# SPDX-License-Identifier: Apache-2.0
"""State machine of container lookups.

The machine owns all that is known about the lookup of a container: its state, its requests in flight, its back-off and
its metadata. It has no threads, no clock and no input or output. Its methods take what happened, with the time, and
return the effects that the caller has to carry out, in order. States and transitions are in
:mod:`tiercel.containers.lookup_states`.

An attempt requests all engines that may have the container, in parallel. The first engine that has it wins, unless an
engine that precedes it in the order of engines responds soon after.
"""

from __future__ import annotations

import heapq
import itertools
from collections import OrderedDict
from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

from tiercel.containers.engines.interface import FAILED, Answer, EngineEvent, EngineId
from tiercel.containers.identity import is_random, is_same, may_have, whole_id
from tiercel.containers.interfaces import LookupRequest
from tiercel.containers.lookup_states import ATTEMPTS, DELAYS, TRANSITIONS, UNANSWERED, State, Trigger
from tiercel.containers.metadata import MAX_TEXT, ContainerInfo, short_id
from tiercel.frozen import frozen, replace

__all__ = ["Announce", "Effect", "LookupMachine", "MarkMissing", "RequestEngine", "Write"]

# Seconds until all engines are requested again; the last fast delay is repeated while events wait. While events wait, a
# container may be too new for its engine; later the engine may only have been unreachable.
_FAST_DELAYS: Final = (0.03, 0.06, 0.12, 0.24)
_SLOW_DELAYS: Final = (1.0, 2.0, 4.0, 8.0)
_LAST_DELAY: Final = 30.0  # repeated while requests fail
_PATIENCE: Final = 0.2  # seconds that a result waits for engines that precede its engine in the order
# Seconds that metadata from before the start of a container waits for a new result: docker returns no response about a
# container while it starts.
_START: Final = 0.4
_MAX_LOOKUPS: Final = 8192  # containers whose events may wait, or with a delay; more are refused
_MAX_SUSPENDED: Final = 4096
_MAX_SETTLED: Final = 1024  # containers with metadata, or reported by an engine
_USERS_MAX_TEXT: Final = 16 << 10  # of MAX_TEXT, for a rootless engine: it may report any number of containers
_MIN_TIMERS: Final = 64  # outdated timers that are not worth a removal


@frozen
class RequestEngine:
    """Request the metadata of a container from an engine, and pass the response to :meth:`LookupMachine.response`.

    Attributes:
        engine: the engine.
        short: id of the container in the table.
        whole: id for the request.
        entry: number of the entry that takes the response.
    """

    engine: EngineId
    short: str
    whole: str
    entry: int


@frozen
class Write:
    """Write whole metadata of a container to the table."""

    short: str
    info: ContainerInfo


@frozen
class Announce:
    """Write partial metadata of a container to the table."""

    short: str
    info: ContainerInfo


@frozen
class MarkMissing:
    """Release the events of a container; if the table does not have it, call :meth:`LookupMachine.gone`.

    Attributes:
        request: request of the table.
        is_unknown: whether there is no metadata at all, so that a notice is due.
    """

    request: LookupRequest
    is_unknown: bool


Effect: TypeAlias = RequestEngine | Write | Announce | MarkMissing


class _Call:
    """Request in flight.

    Attributes:
        is_early: whether the container may not have started at the time of the request.
        repeat: the same of a further request that follows the response; None: no further request.
    """

    __slots__ = ("is_early", "repeat")

    def __init__(self, is_early: bool) -> None:
        self.is_early = is_early
        self.repeat: bool | None = None


class _Entry:
    """Lookup and metadata of one container.

    Attributes:
        number: never reused, so that a response to an earlier entry of the same id is recognised.
        short: id of the container in the table.
        whole: the whole id if it is known, else the short one.
        state: state of the lookup; only :meth:`LookupMachine._enter` changes it.
        request: request of the table; None if only an engine reported the container.
        calls: requests in flight by engine, at most one for each.
        found: metadata and its engine.
        is_early: whether ``found`` is from before the start of the container, apart from partial metadata.
        timer: time and number of the next timer; None without one.
        tries: delays that were used.
        fast_until: time until which events wait.
        has_failed: whether a request failed since the last delay.
    """

    __slots__ = (
        "calls",
        "fast_until",
        "found",
        "has_failed",
        "is_early",
        "number",
        "request",
        "short",
        "state",
        "timer",
        "tries",
        "whole",
    )

    def __init__(self, number: int, short: str, whole: str) -> None:
        self.number = number
        self.short = short
        self.whole = whole
        self.state = State.NONE
        self.request: LookupRequest | None = None
        self.calls: dict[EngineId, _Call] = {}
        self.found: tuple[EngineId, ContainerInfo] | None = None
        self.is_early = False
        self.timer: tuple[float, int] | None = None
        self.tries = 0
        self.fast_until = 0.0
        self.has_failed = False

    def whole_info(self) -> ContainerInfo | None:
        """Return the metadata unless it is partial."""
        return self.found[1] if self.found is not None and not self.found[1].is_partial else None

    def is_first(self) -> bool:
        """Return whether no pending engine has precedence over the engine of the metadata."""
        return self.found is not None and all(engine.rank >= self.found[0].rank for engine in self.calls)

    def begin(self, request: LookupRequest, fast_until: float) -> None:
        """Start the back-off from the beginning, as events wait until ``fast_until``."""
        self.request, self.fast_until = request, fast_until
        self.tries, self.has_failed = 0, False

    def next_delay(self, now: float) -> float | None:
        """Return the seconds until the next attempt; None for no attempt."""
        if self.tries == len(_FAST_DELAYS) and now + _FAST_DELAYS[-1] < self.fast_until:
            self.tries -= 1
        tries, self.tries = self.tries, self.tries + 1
        has_failed, self.has_failed = self.has_failed, False
        delays = _FAST_DELAYS + _SLOW_DELAYS
        return delays[tries] if tries < len(delays) else _LAST_DELAY if has_failed else None

    def is_fast(self) -> bool:
        """Return whether the last delay was one of the fast ones."""
        return self.tries <= len(_FAST_DELAYS)


_Timer = tuple[float, int, _Entry]  # time, number, entry


def _is_pending(timer: _Timer) -> bool:
    """Return whether a timer is the current one of its entry."""
    due, number, entry = timer
    return entry.timer == (due, number) and entry.state is not State.NONE


class LookupMachine:
    """Lookups of all containers.

    The methods are not safe for concurrent calls.

    Args:
        wait: seconds that events wait for metadata.

    Attributes:
        evicted: number of entries that were dropped without room.
        refused: number of requests that were refused without room.
    """

    def __init__(self, wait: float) -> None:
        self._wait = wait
        self._numbers = itertools.count()
        self._active: OrderedDict[str, _Entry] = OrderedDict()
        self._suspended: OrderedDict[str, _Entry] = OrderedDict()
        self._settled: OrderedDict[str, _Entry] = OrderedDict()
        self._groups = (self._active, self._suspended, self._settled)
        self._timers: list[_Timer] = []
        self.evicted = 0
        self.refused = 0

    # --- Inputs -------------------------------------------------------------------------------------------------------

    def request(self, now: float, request: LookupRequest, up: Collection[EngineId]) -> list[Effect]:
        """Take a request of the table.

        Args:
            now: monotonic time in seconds.
            request: for the part ``info`` or ``details``.
            up: the engines that are up.
        """
        short, whole = request[0], whole_id(request)
        entry = self._find(short)
        if entry is not None and not is_same(entry.whole, whole):  # another container with the same short id
            self._drop(entry)
            entry = None
        if entry is not None and entry.state in {State.IN_FLIGHT, State.BACK_OFF}:
            entry.fast_until = now + self._wait
            return self._announced(entry)
        is_full = len(self._active) >= _MAX_LOOKUPS
        if entry is not None and entry.whole_info() is not None:
            entry.request = request
            return self._refresh(entry, request, now) if entry.is_early and not is_full else self._settle(entry)
        if is_full:
            self.refused += 1
            return [MarkMissing(request, is_unknown=False)]
        entry = entry or _Entry(next(self._numbers), short, whole)
        entry.whole = max(entry.whole, whole, key=len)
        entry.begin(request, now + self._wait)
        return self._announced(entry) + self._attempt(entry, up, Trigger.REQUEST)

    def response(self, now: float, short: str, number: int, engine: EngineId, answer: Answer) -> list[Effect]:
        """Take the response to a :class:`RequestEngine`; a response to a dropped entry is ignored."""
        entry = self._find(short)
        if entry is None or entry.number != number or engine not in entry.calls:
            return []
        call = entry.calls.pop(engine)
        effects = self._call(entry, engine, is_early=call.repeat) if call.repeat is not None else []
        entry.has_failed = entry.has_failed or answer == FAILED
        is_taken = isinstance(answer, ContainerInfo) and self._take(entry, engine, answer, call.is_early)
        if entry.state in ATTEMPTS:
            return effects + self._review(entry, now, is_taken)
        if is_taken and entry.whole_info() is not None:
            return effects + self._settle(entry)
        if entry.state is State.PREFETCHED and entry.found is None and not entry.calls:
            self._enter(entry, Trigger.NO_RESULT)
        return effects

    def engine_up(self, engine: EngineId, there: Collection[str]) -> list[Effect]:
        """Request what is missing from an engine that is up, for the first time or again.

        Args:
            engine: the engine.
            there: short ids of all containers in the table; suspended lookups of others end.
        """
        for entry in [one for one in self._suspended.values() if one.short not in there]:
            self._enter(entry, Trigger.GONE)
        effects: list[Effect] = []
        for entry in [*self._suspended.values(), *self._active.values()]:
            if entry.request is None or not may_have(engine, entry.request):
                continue
            if entry.state is State.SUSPENDED:
                self._enter(entry, Trigger.ENGINE_UP)
            effects += self._call(entry, engine, is_early=False)
        return effects

    def engine_event(self, engine: EngineId, event: EngineEvent) -> list[Effect]:
        """Take an event of an engine."""
        short = short_id(event.container)
        entry = self._find(short)
        if engine.owner is not None and not self._is_owners(entry, engine):
            return []  # only a control group proves the owner of a container
        if entry is not None and not is_same(entry.whole, event.container):
            return []  # another container with the same short id
        if event.kind == "removed":
            # A request may still follow: podman sends the events of a quarter of a second in one batch.
            is_kept = entry is not None and entry.state is not State.SUSPENDED and is_random(event.container)
            if entry is not None and not is_kept:
                self._enter(entry, Trigger.REMOVED)
            return []
        if entry is None:
            entry = _Entry(next(self._numbers), short, event.container)
            self._enter(entry, Trigger.EVENT)
        effects: list[Effect] = []
        if event.info is not None and entry.found is None:
            self._take(entry, engine, event.info, is_early=True)
            effects = self._announced(entry) if entry.request is not None else []
        return effects + self._call(entry, engine, is_early=event.kind == "created", is_newer=True)

    def advance(self, now: float, up: Collection[EngineId]) -> list[Effect]:
        """Run the timers that are due."""
        effects: list[Effect] = []
        while (due := self.next_due()) is not None and due <= now:
            entry = heapq.heappop(self._timers)[2]
            if entry.state in DELAYS:
                effects += self._attempt(entry, up, Trigger.DELAY_OVER)
            else:
                effects += self._settle(entry)
        return effects

    def gone(self, short: str) -> None:
        """End a lookup, as the table does not have the container any more."""
        entry = self._find(short)
        if entry is not None:
            self._enter(entry, Trigger.GONE)

    # --- Queries ------------------------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """Return the time of the earliest timer; None without timers."""
        while self._timers:
            if _is_pending(self._timers[0]):
                return self._timers[0][0]
            heapq.heappop(self._timers)
        return None

    def state(self, short: str) -> State:
        """Return the state of a container's lookup."""
        entry = self._find(short)
        return entry.state if entry is not None else State.NONE

    def metadata(self, short: str) -> ContainerInfo | None:
        """Return the metadata of a container, whole or partial; None without metadata."""
        entry = self._find(short)
        return entry.found[1] if entry is not None and entry.found is not None else None

    def unanswered(self) -> set[str]:
        """Return the short ids of containers that are marked as missing in the table."""
        return {entry.short for entry in self._entries() if entry.state in UNANSWERED}

    def _entries(self) -> Iterator[_Entry]:
        return itertools.chain.from_iterable(group.values() for group in self._groups)

    def _find(self, short: str) -> _Entry | None:
        return self._active.get(short) or self._settled.get(short) or self._suspended.get(short)

    def _is_owners(self, entry: _Entry | None, engine: EngineId) -> bool:
        if entry is None:
            return False
        is_reporter = entry.found is not None and entry.found[0] == engine
        return is_reporter or (entry.request is not None and may_have(engine, entry.request))

    # --- Steps --------------------------------------------------------------------------------------------------------

    def _enter(self, entry: _Entry, trigger: Trigger, due: float | None = None) -> None:
        """Change the state if the trigger has a transition, and set the timer."""
        after = TRANSITIONS.get((entry.state, trigger))
        if after is None:
            return
        self._drop(entry)
        entry.state = after
        self._set_timer(entry, due)
        if after is State.NONE:
            return
        group, most = self._active, None
        if after is State.SUSPENDED:
            group, most = self._suspended, _MAX_SUSPENDED
        elif after in {State.KNOWN, State.PREFETCHED}:
            group, most = self._settled, _MAX_SETTLED
        group[entry.short] = entry
        if most is not None and len(group) > most:
            self._enter(next(iter(group.values())), Trigger.EVICTED)
            self.evicted += 1

    def _drop(self, entry: _Entry) -> None:
        for group in self._groups:
            group.pop(entry.short, None)
        entry.state = State.NONE

    def _set_timer(self, entry: _Entry, due: float | None) -> None:
        entry.timer = None
        if due is None:
            return
        entry.timer = due, next(self._numbers)
        heapq.heappush(self._timers, (*entry.timer, entry))
        if len(self._timers) > 2 * len(self._active) + _MIN_TIMERS:
            self._timers = list(filter(_is_pending, self._timers))
            heapq.heapify(self._timers)

    def _call(self, entry: _Entry, engine: EngineId, *, is_early: bool, is_newer: bool = False) -> list[Effect]:
        """Request an engine; if a request is in flight, repeat it after the response if that may be too old."""
        call = entry.calls.get(engine)
        if call is not None:
            call.repeat = is_early if is_newer else call.repeat
            return []
        entry.calls[engine] = _Call(is_early)
        return [RequestEngine(engine, entry.short, entry.whole, entry.number)]

    def _attempt(self, entry: _Entry, up: Collection[EngineId], trigger: Trigger) -> list[Effect]:
        """Request all engines that may have the container; without one, suspend the lookup.

        After a request of the table, the engine that reported the container comes first, and alone.
        """
        request = entry.request
        assert request is not None
        engines = [engine for engine in up if may_have(engine, request)]
        if not engines and not entry.calls:
            return self._miss(entry, Trigger.NO_ENGINE)
        is_request = trigger is Trigger.REQUEST
        if is_request and entry.found is not None and entry.found[0] in engines:
            engines = [entry.found[0]]
        self._enter(entry, trigger)
        effects: list[Effect] = []
        for engine in engines:  # a response that is in flight at a request may be from before the start
            effects += self._call(entry, engine, is_early=False, is_newer=is_request)
        return effects

    def _refresh(self, entry: _Entry, request: LookupRequest, now: float) -> list[Effect]:
        """Request the engine that reported a container before its start, as the container has an address by now."""
        assert entry.found is not None
        entry.is_early = False
        entry.begin(request, now + self._wait)
        self._enter(entry, Trigger.OUTDATED, now + min(_START, 0.8 * self._wait))
        return self._call(entry, entry.found[0], is_early=False, is_newer=True)

    def _take(self, entry: _Entry, engine: EngineId, info: ContainerInfo, is_early: bool) -> bool:
        """Keep the metadata, unless an engine that precedes this one has some; return whether it is kept."""
        info = info.truncated(MAX_TEXT if engine.owner is None else _USERS_MAX_TEXT)
        is_early = is_early and not info.ip
        if entry.found is not None:
            other, before = entry.found
            if engine.rank > other.rank or (info.is_partial and not before.is_partial):
                return False
            if not info.ip and other == engine:  # the container has ended; keep its last address
                info = replace(info, ip=before.ip)
        entry.found, entry.is_early = (engine, info), is_early
        return True

    def _review(self, entry: _Entry, now: float, is_taken: bool) -> list[Effect]:
        """Continue an attempt after a response."""
        is_whole = entry.whole_info() is not None
        if is_whole and entry.is_first():
            return self._settle(entry)
        if not entry.calls:
            return self._retry(entry, now)
        if is_whole and is_taken:
            patience = now + min(_PATIENCE, 0.5 * self._wait)
            self._set_timer(entry, patience if entry.timer is None else min(entry.timer[0], patience))
        return []

    def _retry(self, entry: _Entry, now: float) -> list[Effect]:
        delay = entry.next_delay(now)
        if delay is None:
            return self._miss(entry, Trigger.GIVE_UP)
        if entry.is_fast():
            self._enter(entry, Trigger.RETRY_SOON, now + delay)
            return []
        return self._miss(entry, Trigger.RETRY_LATE, now + delay)

    def _miss(self, entry: _Entry, trigger: Trigger, due: float | None = None) -> list[Effect]:
        """Release waiting events, and continue with the slow delays."""
        assert entry.request is not None
        entry.tries = max(entry.tries, len(_FAST_DELAYS))
        entry.fast_until = 0.0
        self._enter(entry, trigger, due)
        return [MarkMissing(entry.request, is_unknown=entry.found is None)]

    def _settle(self, entry: _Entry) -> list[Effect]:
        info = entry.whole_info()
        assert info is not None
        self._enter(entry, Trigger.RESULT)
        return [Write(entry.short, info)]

    def _announced(self, entry: _Entry) -> list[Effect]:
        found = entry.found
        return [Announce(entry.short, found[1])] if found is not None and found[1].is_partial else []
