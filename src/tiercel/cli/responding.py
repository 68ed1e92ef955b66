# SPDX-License-Identifier: Apache-2.0
"""Responses of ``tiercel run``: the responder of a configuration, and its lines on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel.cli.alerting import counted, say
from tiercel.config.config import Config
from tiercel.engine.sensor import Sensor

if TYPE_CHECKING:
    from tiercel.response.responder import Responder

__all__ = ["responder_of", "say_responses"]


def responder_of(config: Config, sensor: Sensor) -> Responder | None:
    """Return the responder of a configuration; None without responses."""
    settings = config.responses
    if not settings.entries:
        return None
    from tiercel.capture.folder import default_prefix
    from tiercel.response.responder import Responder

    responder = Responder(
        settings.entries,
        protected=settings.protected,
        dry_run=settings.dry_run,
        on_result=lambda result: say(str(result)),
    )
    responder.attach(sensor, default_prefix)
    return responder


def say_responses(responder: Responder) -> None:
    """Report the number of results by outcome."""
    total = responder.stats().total()
    if total:
        listing = ", ".join(f"{outcome} {number}" for outcome, number in sorted(total.items()))
        say(f"{counted(sum(total.values()), 'response')}: {listing}")
