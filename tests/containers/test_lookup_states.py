# SPDX-License-Identifier: Apache-2.0
"""Drawing and table of the lookup states."""

from __future__ import annotations

from textwrap import dedent

from tiercel.containers import lookup_states
from tiercel.containers.lookup_states import ATTEMPTS, DELAYS, TRANSITIONS, UNANSWERED, State, Trigger, drawing


def test_the_docstring_draws_the_table() -> None:
    assert lookup_states.__doc__ is not None
    _, _, rest = lookup_states.__doc__.partition("code-block:: text\n")
    drawn = dedent(rest.partition("\n\nEvents wait")[0]).strip()
    assert drawn == drawing()


def test_all_states_and_triggers_are_used() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State)
    assert set(TRANSITIONS.values()) == set(State)
    assert {trigger for _, trigger in TRANSITIONS} == set(Trigger)


def test_a_lookup_can_end_in_every_state() -> None:
    """From each state, metadata and the loss of the entry can be reached."""
    for goal in (State.KNOWN, State.NONE):
        reaching = {goal}
        while more := {state for (state, _), after in TRANSITIONS.items() if after in reaching} - reaching:
            reaching |= more
        assert reaching == set(State)


def test_events_wait_only_where_the_table_is_unanswered() -> None:
    """An entry that waits for a response or a delay has events that wait, or is marked as missing."""
    assert ATTEMPTS | DELAYS | {State.SUSPENDED} == {State.IN_FLIGHT, State.BACK_OFF} | UNANSWERED
    into = {(state, after) for (state, _), after in TRANSITIONS.items() if after in UNANSWERED}
    released = {Trigger.NO_ENGINE, Trigger.RETRY_LATE, Trigger.GIVE_UP}
    for (state, trigger), after in TRANSITIONS.items():
        if (state, after) in into and state not in UNANSWERED:
            assert trigger in released
