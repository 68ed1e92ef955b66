# SPDX-License-Identifier: Apache-2.0
"""Reload of rules and configuration while a sensor runs."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, Protocol

from tiercel.config.config import Config
from tiercel.config.keys import KEYS, alerts, responses, rules
from tiercel.config.keys import outputs as output_keys
from tiercel.engine.rule_changes import RuleChanges, rule_changes
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.errors import TiercelError
from tiercel.frozen import frozen
from tiercel.notice import Notice
from tiercel.outputs.dispatch import Delivery, Prepared
from tiercel.outputs.route import Route
from tiercel.rules import Priority

__all__ = ["Loaded", "Observer", "Reloader", "changed_keys", "summary"]

_SHOWN: Final = 10  # names of rules in one line
_END_WAIT: Final = 2.0  # seconds that the end of the program waits for a reload
# Keys of these tables that a sensor takes at its start only.
_AT_START: Final = frozenset({"path_matching", "rule_matching", "outputs_queue.capacity", "outputs_queue.overflow"})
_OUTPUT_KEYS: Final = frozenset(key.name for key in output_keys.KEYS) - _AT_START | {"json_output", "output_format"}
_RELOADED: Final = (
    frozenset(key.name for table in (rules, alerts, output_keys, responses) for key in table.KEYS) - _AT_START
)


@frozen
class Loaded:
    """Configuration with its rules."""

    config: Config
    rules: Ruleset


class Observer(Protocol):
    """Receiver of the stages of a reload, for example systemd."""

    def reloading(self) -> None:
        """A reload begins."""

    def ready(self) -> None:
        """It has ended, also after a failure."""


@frozen
class _Result:
    loaded: Loaded | None = None
    prepared: Prepared | None = None
    commit: Callable[[], None] | None = None
    error: BaseException | None = None


class Reloader:
    """Reload of everything at once, or of nothing.

    A thread reads and compiles, so that alerts are delivered meanwhile; the main loop calls :meth:`work`. A request
    during a reload causes another one after it.

    Attributes:
        count: successful reloads.
        current: configuration and rules in use.
    """

    def __init__(
        self,
        sensor: Sensor,
        delivery: Delivery,
        current: Loaded,
        *,
        load: Callable[[], Loaded],
        outputs: Callable[[Config], Sequence[Route]],
        prepare: Callable[[Config], Callable[[], None]],
        say: Callable[[str], None],
        report: Callable[[BaseException], None],
        on_loaded: Callable[[Loaded, Loaded], None],
        observer: Observer | None = None,
    ) -> None:
        """Prepare.

        Args:
            sensor: it gets the rules.
            delivery: it gets the outputs.
            current: configuration and rules in use.
            load: reads the files again.
            outputs: returns the outputs of a configuration.
            prepare: loads the responses of a configuration; the function that it returns switches to them.
            say: prints a line for the user.
            report: prints an error.
            on_loaded: called after a successful reload, with what was in use before and what is now.
            observer: it is notified of each stage.
        """
        self.count = 0
        self.current = current
        self._sensor = sensor
        self._delivery = delivery
        self._load = load
        self._outputs = outputs
        self._prepare = prepare
        self._say = say
        self._report = report
        self._on_loaded = on_loaded
        self._observer = observer
        self._thread: threading.Thread | None = None
        self._again = False
        self._result: _Result | None = None
        self._done = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def fileno(self) -> int:
        return self._done

    def due(self) -> float:
        return math.inf

    def request(self) -> None:
        """Begin a reload, or another one after the current one."""
        if self._thread is not None:
            self._again = True
            return
        if self._observer is not None:
            self._observer.reloading()
        self._thread = threading.Thread(target=self._run, name="tiercel-reload", daemon=True)
        self._thread.start()

    def work(self) -> None:
        """Complete a reload whose thread has ended."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._done)
        result = self._result
        if self._thread is None or result is None:
            return
        self._thread.join()
        self._thread = self._result = None
        if result.loaded is not None:
            self._complete(result.loaded, result.prepared, result.commit)
        elif isinstance(result.error, (TiercelError, OSError, MemoryError)):
            self._fail(result.error)
        elif result.error is not None:
            raise result.error
        if self._observer is not None:
            self._observer.ready()
        if self._again:
            self._again = False
            self.request()

    def close(self) -> None:
        """Wait a little for a running reload."""
        if self._thread is not None:
            self._thread.join(_END_WAIT)
            if self._thread.is_alive():
                return  # it uses the descriptor; the process ends
        if self._result is not None and self._result.prepared is not None:
            self._result.prepared.discard()
        os.close(self._done)

    def _run(self) -> None:
        prepared: Prepared | None = None
        try:
            loaded = self._load()
            if _OUTPUT_KEYS.intersection(changed_keys(self.current.config, loaded.config)):
                prepared = self._delivery.prepare(self._outputs(loaded.config))
            commit = self._prepare(loaded.config)
            self._sensor.swap_rules(loaded.rules, style=loaded.config.style)
        except BaseException as error:  # noqa: BLE001 - the main loop reports it
            if prepared is not None:
                prepared.discard()
            self._result = _Result(error=error)
        else:
            self._result = _Result(loaded, prepared, commit)
        os.eventfd_write(self._done, 1)

    def _complete(self, loaded: Loaded, prepared: Prepared | None, commit: Callable[[], None] | None) -> None:
        before, self.current = self.current, loaded
        if commit is not None:
            commit()
        if prepared is not None:
            self._delivery.switch(prepared)
        self.count += 1
        changes = rule_changes(before.rules, loaded.rules)
        for line in summary(changes, changed_keys(before.config, loaded.config), len(loaded.rules.enabled)):
            self._say(line)
        self._on_loaded(before, loaded)

    def _fail(self, error: BaseException) -> None:
        self._report(error)
        text = "the reload failed; rules and settings before it stay in use"
        cause = error.text if isinstance(error, TiercelError) else str(error)
        self._sensor.notify(Notice("reload failed", Priority.CRITICAL, text, {"error": cause}))


def changed_keys(before: Config, now: Config) -> tuple[str, ...]:
    """Return the names of the settings that differ."""

    def differs(attribute: str) -> bool:
        value = attrgetter(attribute)
        return bool(value(before) != value(now))

    return tuple(key.name for key in KEYS if differs(key.attribute))


def summary(changes: RuleChanges, keys: tuple[str, ...], enabled: int) -> list[str]:
    """Return what a reload changed, as lines."""
    counts = [
        f"{len(names)} {word}"
        for word, names in (("added", changes.added), ("removed", changes.removed), ("changed", changes.changed))
        if names
    ]
    settings = [key for key in keys if key in _RELOADED]
    pending = [key for key in keys if key not in _RELOADED]
    parts = [f"{enabled} rule{'' if enabled == 1 else 's'}" + (f": {', '.join(counts)}" if counts else "")]
    if settings:
        parts.append(f"settings: {', '.join(settings)}")
    if not counts and not keys:
        parts.append("nothing changed")
    lines = [f"reloaded ({'; '.join(parts)})"]
    for word, names in (("added", changes.added), ("removed", changes.removed), ("changed", changes.changed)):
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            lines.append(f"rules {word}: {', '.join(names[:_SHOWN])}{more}")
    if pending:
        lines.append(f"settings that change with a restart only: {', '.join(pending)}")
    return lines
