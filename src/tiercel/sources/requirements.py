# SPDX-License-Identifier: Apache-2.0
"""Requirements of a rule program: events, and optional parts of their records."""

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

# Fields that show environments, of processes and of the params of an event, and the arguments that select the param
# with an environment, by its name or by its index in some event.
_ENV_FIELDS: Final = frozenset({"proc.aenv", "proc.env"})
_ENV_SHOWN: Final = frozenset({"evt.args", "evt.info"})
_ENV_PARAMS: Final = frozenset(
    (field, arg)
    for event in EVENTS
    for place, param in enumerate(event.params)
    if param.name == "env"
    for field, arg in (("evt.arg", param.name), ("evt.arg", place), ("evt.rawarg", param.name))
)
_NEEDS: Final = {field.name: field.needs for field in FIELDS if field.needs}
# Events that change sessions and groups of processes without an exec.
_SESSION: Final = frozenset(EVENT_BY_NAME[name].code for name in ("setsid", "setpgid"))
_SYSCALL: Final = EVENT_BY_NAME["syscall"].code  # event of the calls without an event of their own
_ASYNC: Final = EVENT_BY_NAME["asyncevent"].code


@frozen
class ProbeRequirements:
    """Requirements of a rule program to the probe.

    Attributes:
        events: codes of the events.
        calls: Falco's numbers of the system calls without an event of their own.
        env: environments of programs.
        cwd: working directories.
        now: parts of the task state that the fields need, ``Field.needs``.
        filters: by event code, clauses of which one must be true for a rule to match the event; all events of other
            types are needed, and without filters all events.
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
            fields: fields that the rules compare or print.
            calls: the needed system calls without an event of their own.
            at_start: fields that rules about :data:`STARTS` use, the only events with an environment among their
                params. By default all ``fields``.
        """
        used = set(fields)
        names = {name for name, _ in used}
        shown = used if at_start is None else set(at_start)
        env = (
            not names.isdisjoint(_ENV_FIELDS)
            or not shown.isdisjoint(_ENV_PARAMS)
            or any(name in _ENV_SHOWN for name, _ in shown)
        )
        needed = frozenset(_NEEDS[name] for name in names & _NEEDS.keys())
        if "session" in needed:
            events |= _SESSION
        now = needed - {"session"}
        calls = tuple(calls)
        generic = frozenset(GENERIC[name] for name in calls if name in GENERIC) if _SYSCALL in events else frozenset()
        if calls and not generic:
            events -= {_SYSCALL}  # only calls that have this event in captures, but not live
        probed = events - {_ASYNC}
        return cls(probed, env=env, cwd="proc.cwd" in names, calls=generic, now=now, container_events=_ASYNC in events)

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
        """Return the requirements of a full capture: all events except those reported on demand."""
        codes = frozenset(row.code for row in EVENTS if row.is_probed and "on_demand" not in row.traits)
        return cls(codes, env=True, calls=frozenset(GENERIC.values()))
