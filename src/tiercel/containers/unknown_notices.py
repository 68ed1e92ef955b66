# SPDX-License-Identifier: Apache-2.0
"""Notices about containers without metadata, with the reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from typing import Final

from tiercel.containers.engines.worker import EngineWorker
from tiercel.containers.interfaces import LookupRequest
from tiercel.notice import Notice
from tiercel.rules import Priority

__all__ = ["UnknownNotices"]

_LOG: Final = logging.getLogger("tiercel.containers")
_PERIOD: Final = 600.0  # seconds between two notices with the same hint
_HINT: Final = "no socket of a container engine was found; container_engines.<engine>.sockets names others"
_HINTS: Final = {"podman": "podman's service does not run: systemctl enable --now podman.socket"}


class UnknownNotices:
    """Reporter of unknown containers; one notice for each reason and period.

    Args:
        notify: takes the notices.
    """

    def __init__(self, notify: Callable[[Notice], object]) -> None:
        self._notify = notify
        self._quiet_until: dict[str, float] = {}

    def report(self, request: LookupRequest, workers: Collection[EngineWorker]) -> None:
        """Report a container that no engine has metadata of.

        Args:
            request: request of the table.
            workers: the engines that may have the container.
        """
        short, matcher = request[:2]
        requested = sorted({worker.id.name for worker in workers if not worker.down})
        hint = next((worker.hint for worker in workers if worker.hint), "")
        if requested and not hint:
            _LOG.info("container %s is not known to %s", short, " or ".join(requested))
            return
        if not requested and any(worker.was_there for worker in workers):
            return  # there is a warning about that outage
        hint = hint or _HINTS.get(matcher, _HINT)
        now = time.monotonic()
        if now < self._quiet_until.get(hint, 0.0):
            return
        self._quiet_until[hint] = now + _PERIOD
        fields = {"container.id": short, "engines": ",".join(requested)}
        reason = f"is not known to {' or '.join(requested)}" if requested else "has no engine that could be queried"
        text = f"container {short} {reason}: its details are missing ({hint})"
        self._notify(Notice("container unknown", Priority.WARNING, text, fields))
