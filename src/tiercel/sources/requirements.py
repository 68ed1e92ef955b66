# SPDX-License-Identifier: Apache-2.0
"""Requirements of a rule program: events, and what the probe adds to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tiercel.frozen import frozen
from tiercel.schema.events import EVENTS
from tiercel.schema.fields import FIELDS
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.syscalls import GENERIC

if TYPE_CHECKING:
    from tiercel._core.probe.probe import Filters, PathSets

__all__ = ["STARTS", "ProbeRequirements"]

STARTS: Final = frozenset(
    event.code for event in EVENTS if event.is_probed and any(param.name == "env" for param in event.params)
)
"""Codes of the events that have an environment among their params."""

# Fields that show environments, of processes and of the params of an event, and how a rule names the param that holds
# one: also by its place in some event.
_ENV_FIELDS: Final = frozenset({"proc.aenv", "proc.env"})
_ENV_SHOWN: Final = frozenset({"evt.args", "evt.info"})
_ENV_PARAMS: Final = frozenset(
    (field, arg)
    for event in EVENTS
    for place, param in enumerate(event.params)
    if param.name == "env"
    for field, arg in (("evt.arg", param.name), ("evt.arg", place), ("evt.rawarg", param.name))
)
# Events of the scheduler and of memory: thousands a second, whatever happens.
_ENDLESS: Final = frozenset({"page_fault", "switch"})
_ASKS: Final = {field.name: field.needs for field in FIELDS if field.needs}
# What changes sessions and groups of processes without a new program.
_SESSION: Final = frozenset(EVENT_BY_NAME[name].code for name in ("setsid", "setpgid"))
_SYSCALL: Final = EVENT_BY_NAME["syscall"].code  # what calls without an event of their own are
_TOLD: Final = EVENT_BY_NAME["asyncevent"].code


@frozen
class ProbeRequirements:
    """Requirements of a rule program to the probe.

    Attributes:
        events: codes of the events.
        calls: Falco's numbers of the system calls without an event of their own.
        env: environments of programs.
        cwd: working directories.
        now: parts of the task state, ``Field.needs``.
        filters: by event code, clauses of which one must be true for a rule to match the event; of other types, and
            without filters, all events are needed.
        path_sets: path sets of the clauses.
        container_events: whether ``container`` events are generated, one for each container with metadata; they do not
            come from the probe.
    """

    events: frozenset[int]
    env: bool = False
    cwd: bool = False
    calls: frozenset[int] = frozenset()
    now: frozenset[str] = frozenset()
    filters: Filters | None = None
    path_sets: PathSets = ()
    container_events: bool = False

    @classmethod
    def of(
        cls,
        events: frozenset[int],
        fields: Iterable[tuple[str, int | str | None]],
        calls: Iterable[str] = (),
        *,
        at_start: Iterable[tuple[str, int | str | None]] | None = None,
    ) -> ProbeRequirements:
        """Return the requirements of rules about ``events`` that compare or print ``fields``, with their arguments.

        Args:
            events: codes.
            fields: what any of the rules compares or prints.
            calls: of system calls without an event of their own, only these are needed.
            at_start: those of the fields that rules about :data:`STARTS` use: only there the params of an event hold
                an environment. By default all.
        """
        used = set(fields)
        names = {name for name, _ in used}
        shown = used if at_start is None else set(at_start)
        env = (
            not names.isdisjoint(_ENV_FIELDS)
            or not shown.isdisjoint(_ENV_PARAMS)
            or any(name in _ENV_SHOWN for name, _ in shown)
        )
        asked = frozenset(_ASKS[name] for name in names & _ASKS.keys())
        if "session" in asked:
            events |= _SESSION
        now = asked - {"session"}
        calls = tuple(calls)
        generic = frozenset(GENERIC[name] for name in calls if name in GENERIC) if _SYSCALL in events else frozenset()
        if calls and not generic:
            events -= {_SYSCALL}  # only calls that are this event in captures alone
        probed = events - {_TOLD}
        return cls(probed, env=env, cwd="proc.cwd" in names, calls=generic, now=now, container_events=_TOLD in events)

    def __or__(self, other: ProbeRequirements) -> ProbeRequirements:
        """Return the union of both, without filters."""
        return ProbeRequirements(
            self.events | other.events,
            env=self.env or other.env,
            cwd=self.cwd or other.cwd,
            calls=self.calls | other.calls,
            now=self.now | other.now,
            container_events=self.container_events or other.container_events,
        )

    @classmethod
    def of_tables(cls) -> ProbeRequirements:
        """Return the requirements of a capture whose reader keeps tables of threads and descriptors."""
        return cls(frozenset(row.code for row in EVENTS if row.is_probed and "modifies_state" in row.flags), env=True)

    @classmethod
    def of_everything(cls) -> ProbeRequirements:
        """Return the requirements of a full capture: all events except the endless ones of scheduler and memory."""
        codes = frozenset(row.code for row in EVENTS if row.is_probed and row.name not in _ENDLESS)
        return cls(codes, env=True, calls=frozenset(GENERIC.values()))
