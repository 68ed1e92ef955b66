# SPDX-License-Identifier: Apache-2.0
"""Responses of ``tiercel run``: the responder of a configuration, its reload, and its lines on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from tiercel.alerts.alert import Alert
from tiercel.cli.alerting import counted, say
from tiercel.config.config import Config
from tiercel.engine.sensor import Sensor
from tiercel.response.stats import ResponseStats

if TYPE_CHECKING:
    from tiercel.response.responder import Responder

__all__ = ["Responses", "remark_replay"]


class Responses:
    """Responder of the current configuration, made for the first configuration with responses.  A context manager."""

    def __init__(self, sensor: Sensor, config: Config) -> None:
        """Begin with the responses of a configuration.

        Raises:
            UsageError: E607 or E608, a function cannot be loaded.
        """
        self._sensor = sensor
        self._responder: Responder | None = None
        if config.responses.entries:
            self._responder = self._started(config)

    def prepare(self, config: Config) -> Callable[[], None]:
        """Load the responses of a new configuration; return the function that switches to them.

        Raises:
            UsageError: E607 or E608, a function cannot be loaded.
        """
        settings, responder = config.responses, self._responder
        if responder is not None:
            plan = responder.plan(settings.entries, settings.protected, dry_run=settings.dry_run)
            return partial(responder.switch, plan)
        if not settings.entries:
            return lambda: None
        for entry in settings.entries:
            if entry.function is not None:
                from tiercel.response.functions import load_function

                load_function(entry.function)
        return partial(self._begin, config)

    def handle(self, alerts: Iterable[Alert]) -> None:
        """Queue the responses to alerts."""
        if self._responder is not None:
            for alert in alerts:
                self._responder.handle(alert)

    def stats(self) -> ResponseStats | None:
        """Return the counters; None if there has been no response in any configuration."""
        return self._responder.stats() if self._responder is not None else None

    def say_summary(self) -> None:
        """Report the number of results by outcome, and the longest latency."""
        stats = self.stats()
        total = stats.total() if stats is not None else {}
        if stats is not None and total:
            listing = ", ".join(f"{outcome} {number}" for outcome, number in sorted(total.items()))
            longest = max(stats.latency_ns.values(), default=0)
            latency = f"; longest latency {longest / 1e6:.1f} ms" if longest else ""
            say(f"{counted(sum(total.values()), 'response')}: {listing}{latency}")

    def close(self) -> None:
        """Carry out what is queued, and end."""
        if self._responder is not None:
            self._responder.close()

    def __enter__(self) -> Responses:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, config: Config) -> None:
        self._responder = self._started(config)

    def _started(self, config: Config) -> Responder:
        from tiercel.capture.folder import default_prefix
        from tiercel.response.responder import Responder

        settings = config.responses
        responder = Responder(
            settings.entries,
            protected=settings.protected,
            dry_run=settings.dry_run,
            on_result=lambda result: say(str(result)),
        )
        responder.attach(self._sensor, default_prefix)
        return responder


def remark_replay(config: Config) -> None:
    """Report that the responses of a configuration do not follow alerts of a capture."""
    if config.responses.entries:
        number = counted(len(config.responses.entries), "response")
        say(f"{number} of the configuration will not be carried out: a capture has no processes of this machine")
