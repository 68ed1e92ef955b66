# SPDX-License-Identifier: Apache-2.0
"""States of the lookup of one container, and all transitions between them.

This is the drawing of :data:`TRANSITIONS`, from which the lookup machine takes each next state. ``NONE`` is the state
of a container without an entry. A trigger without an arrow leaves the state as it is.

.. code-block:: text

    NONE           --request------> IN_FLIGHT
                   --no engine----> SUSPENDED
                   --event--------> PREFETCHED
    PREFETCHED     --request------> IN_FLIGHT
                   --no engine----> SUSPENDED
                   --result-------> KNOWN
                   --no result----> NONE
                   --removed------> NONE
                   --evicted------> NONE
    IN_FLIGHT      --result-------> KNOWN
                   --retry soon---> BACK_OFF
                   --retry late---> SLOW_BACK_OFF
                   --give up------> SUSPENDED
    BACK_OFF       --delay over---> IN_FLIGHT
                   --no engine----> SUSPENDED
                   --result-------> KNOWN
    RECHECK        --request------> IN_FLIGHT
                   --result-------> KNOWN
                   --retry late---> SLOW_BACK_OFF
                   --give up------> SUSPENDED
    SLOW_BACK_OFF  --request------> IN_FLIGHT
                   --delay over---> RECHECK
                   --no engine----> SUSPENDED
                   --result-------> KNOWN
                   --gone---------> NONE
    SUSPENDED      --request------> IN_FLIGHT
                   --engine up----> RECHECK
                   --result-------> KNOWN
                   --removed------> NONE
                   --gone---------> NONE
                   --evicted------> NONE
    KNOWN          --outdated-----> IN_FLIGHT
                   --result-------> KNOWN
                   --removed------> NONE
                   --evicted------> NONE

Events wait for the container in ``IN_FLIGHT`` and ``BACK_OFF``. With the transition to ``SLOW_BACK_OFF`` or
``SUSPENDED`` the container is marked as missing in the table, which releases them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

__all__ = ["ATTEMPTS", "DELAYS", "TRANSITIONS", "UNANSWERED", "State", "Trigger", "drawing"]


class State(Enum):
    """State of a lookup."""

    NONE = "no entry"
    PREFETCHED = "an engine reported the container; the table has not requested it so far"
    IN_FLIGHT = "engines are requested; events may wait"
    BACK_OFF = "a fast delay precedes the next attempt; events may wait"
    RECHECK = "engines are requested again; no event waits"
    SLOW_BACK_OFF = "a slow delay precedes the next attempt; no event waits"
    SUSPENDED = "no attempt follows until an engine is up, or the table requests the container again"
    KNOWN = "there is whole metadata"


class Trigger(Enum):
    """Input of the state machine."""

    REQUEST = "the table requests the container, and an engine that may have it is up"
    NO_ENGINE = "an attempt is due, and no engine that may have the container is up"
    OUTDATED = "the table requests a container whose metadata is from before its start"
    EVENT = "an engine reports the container"
    RESULT = "there is whole metadata, and no pending engine has precedence, or its patience is over"
    NO_RESULT = "the response to an event has no metadata"
    RETRY_SOON = "the last engine responded without whole metadata; events may wait for the next attempt"
    RETRY_LATE = "the last engine responded without whole metadata; the next attempt is too late for events"
    GIVE_UP = "the last engine responded without whole metadata; all attempts are used up"
    DELAY_OVER = "a delay is over, and an engine that may have the container is up"
    ENGINE_UP = "an engine that may have the container is up again"
    REMOVED = "the engine reports that it removed the container"
    GONE = "the table does not have the container any more"
    EVICTED = "there are too many entries"


_BY_STATE: Final[Mapping[State, Mapping[Trigger, State]]] = {
    State.NONE: {
        Trigger.REQUEST: State.IN_FLIGHT,
        Trigger.NO_ENGINE: State.SUSPENDED,
        Trigger.EVENT: State.PREFETCHED,
    },
    State.PREFETCHED: {
        Trigger.REQUEST: State.IN_FLIGHT,
        Trigger.NO_ENGINE: State.SUSPENDED,
        Trigger.RESULT: State.KNOWN,
        Trigger.NO_RESULT: State.NONE,
        Trigger.REMOVED: State.NONE,
        Trigger.EVICTED: State.NONE,
    },
    State.IN_FLIGHT: {
        Trigger.RESULT: State.KNOWN,
        Trigger.RETRY_SOON: State.BACK_OFF,
        Trigger.RETRY_LATE: State.SLOW_BACK_OFF,
        Trigger.GIVE_UP: State.SUSPENDED,
    },
    State.BACK_OFF: {
        Trigger.DELAY_OVER: State.IN_FLIGHT,
        Trigger.NO_ENGINE: State.SUSPENDED,
        Trigger.RESULT: State.KNOWN,
    },
    State.RECHECK: {
        Trigger.REQUEST: State.IN_FLIGHT,
        Trigger.RESULT: State.KNOWN,
        Trigger.RETRY_LATE: State.SLOW_BACK_OFF,
        Trigger.GIVE_UP: State.SUSPENDED,
    },
    State.SLOW_BACK_OFF: {
        Trigger.REQUEST: State.IN_FLIGHT,
        Trigger.DELAY_OVER: State.RECHECK,
        Trigger.NO_ENGINE: State.SUSPENDED,
        Trigger.RESULT: State.KNOWN,
        Trigger.GONE: State.NONE,
    },
    State.SUSPENDED: {
        Trigger.REQUEST: State.IN_FLIGHT,
        Trigger.ENGINE_UP: State.RECHECK,
        Trigger.RESULT: State.KNOWN,
        Trigger.REMOVED: State.NONE,
        Trigger.GONE: State.NONE,
        Trigger.EVICTED: State.NONE,
    },
    State.KNOWN: {
        Trigger.OUTDATED: State.IN_FLIGHT,
        Trigger.RESULT: State.KNOWN,
        Trigger.REMOVED: State.NONE,
        Trigger.EVICTED: State.NONE,
    },
}

TRANSITIONS: Final[Mapping[tuple[State, Trigger], State]] = MappingProxyType(
    {(state, trigger): after for state, row in _BY_STATE.items() for trigger, after in row.items()}
)
"""Next state by state and trigger."""

ATTEMPTS: Final = frozenset({State.IN_FLIGHT, State.RECHECK})
"""States in which a lookup waits for responses."""

DELAYS: Final = frozenset({State.BACK_OFF, State.SLOW_BACK_OFF})
"""States in which a lookup waits for its next attempt."""

UNANSWERED: Final = frozenset({State.RECHECK, State.SLOW_BACK_OFF, State.SUSPENDED})
"""States of containers that are marked as missing in the table."""


def drawing() -> str:
    """Return the transitions as lines of text, as in the docstring of the module."""
    lines = []
    for state, row in _BY_STATE.items():
        title = state.name
        for trigger, after in row.items():
            lines.append(f"{title:<14} --{trigger.name.lower().replace('_', ' '):-<13}> {after.name}")
            title = ""
    return "\n".join(lines)
