# SPDX-License-Identifier: Apache-2.0
"""Settings of responses: the alerts that cause them, the action, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias, get_args

from tiercel.errors import UsageError
from tiercel.frozen import frozen
from tiercel.lang.wildcard import fits
from tiercel.response.protection import ProtectedProcesses
from tiercel.response.result import Action
from tiercel.rules.model import Priority

__all__ = ["Function", "Response", "ResponseSettings"]

Function: TypeAlias = "str | Callable[[Any], object]"

# Attribute that an action needs, and no other action has.
_PARTS: Final = {"run": "program", "call": "function"}


class _Selected(Protocol):
    """Properties of an alert that select responses."""

    @property
    def rule(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def priority(self) -> Priority: ...


@frozen
class Response:
    """One response: an action for each alert that it selects.

    An alert is selected if it fits each of ``rules``, ``tags`` and ``priority`` that is given; one of them must be.

    Attributes:
        action: ``kill``, ``stop``: signal to the process of the alert; ``kill_cgroup``, ``freeze``: its control group
            of version 2; ``run``: a program; ``call``: a Python function; ``capture``: a capture of the process and its
            descendants.
        rules: names of rules; ``*`` stands for any characters.
        tags: tags, one of which the rule has.
        priority: the rule is at least as urgent.
        name: name in results; by default the action.
        program: ``run``: a program with its arguments, without a shell. It gets the alert as JSON on its input, and
            ``TIERCEL_RULE``, ``TIERCEL_PRIORITY``, ``TIERCEL_PID`` and ``TIERCEL_RESPONSE`` in its environment.
        timeout: ``run``: seconds after which the program and its process group are killed.
        function: ``call``: a function that gets the alert, or its name, ``module:function``.
        path_prefix: ``capture``: prefix of the names of captures.
        duration: ``capture``: seconds.
        dry_run: check everything, report ``dry_run``, and do nothing.
        rate: actions per second, on average; 0: no limit.
        burst: actions at once.
    """

    action: Action
    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    name: str = ""
    program: tuple[str, ...] = ()
    timeout: float = 30.0
    function: Function | None = None
    path_prefix: str = ""
    duration: float = 30.0
    dry_run: bool = False
    rate: float = 5.0
    burst: int = 20

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise UsageError("E607", f"action is one of {', '.join(get_args(Action))}, not {self.action!r}")
        for name in ("rules", "tags", "program"):
            if isinstance(getattr(self, name), str) or not all(isinstance(one, str) for one in getattr(self, name)):
                raise UsageError("E607", f"{name} of a response is a sequence of texts, as ('one',)")
        if not (self.rules or self.tags or self.priority is not None):
            hint = "name rules, tags or a priority; priority debug selects all alerts"
            raise UsageError("E607", f"the response {self.label!r} selects no alerts", hint=hint)
        for action, part in _PARTS.items():
            if bool(getattr(self, part)) is not (self.action == action):
                text = f"a response with action {self.action} has {'a' if self.action == action else 'no'} {part}"
                raise UsageError("E607", text)
        if any("\0" in word for word in self.program) or (self.program and not self.program[0]):
            raise UsageError("E607", f"program of the response {self.label!r} has an empty name, or a NUL in a word")
        if not (self.timeout > 0 and self.duration > 0 and self.rate >= 0 and self.burst >= 1):
            raise UsageError("E607", "timeout and duration are above 0, rate is at least 0, burst at least 1")

    @property
    def label(self) -> str:
        """Name in results."""
        return self.name or self.action

    def selects(self, alert: _Selected) -> bool:
        """Return whether the response follows an alert."""
        return (
            (not self.rules or any(fits(alert.rule, pattern) for pattern in self.rules))
            and (not self.tags or not frozenset(self.tags).isdisjoint(alert.tags))
            and (self.priority is None or alert.priority <= self.priority)
        )


@frozen
class ResponseSettings:
    """All responses of a configuration.

    Attributes:
        entries: responses in order.
        protected: processes that no response touches.
        dry_run: all responses only report.
    """

    entries: tuple[Response, ...] = ()
    protected: ProtectedProcesses = ProtectedProcesses()
    dry_run: bool = False
