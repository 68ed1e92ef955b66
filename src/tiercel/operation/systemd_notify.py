# SPDX-License-Identifier: Apache-2.0
"""Reports to systemd: ready, reloading, stopping, and the watchdog (sd_notify)."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import MutableMapping

__all__ = ["SystemdNotify"]


class SystemdNotify:
    """Sender of the states of a service; without systemd it sends nothing.  A task of the main loop.

    The watchdog gets its sign of life from the main loop, so that systemd restarts a sensor whose loop is stuck.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """Take the variables of systemd out of ``environment``: programs that the sensor starts are not the service."""
        address = environment.pop("NOTIFY_SOCKET", "")
        period = environment.pop("WATCHDOG_USEC", "")
        owner = environment.pop("WATCHDOG_PID", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        is_ours = bool(address) and period.isdecimal() and int(period) > 0 and owner in ("", str(os.getpid()))
        self._period = int(period) / 2e6 if is_ours else math.inf
        self._next = time.monotonic() if is_ours else math.inf

    def fileno(self) -> None:
        return None

    def due(self) -> float:
        return self._next

    def work(self) -> None:
        """Send the sign of life when it is due."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._period
            self._send("WATCHDOG=1")

    def ready(self) -> None:
        """Report that the sensor watches, and that a reload has ended."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Report that a reload begins."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Report that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        import socket  # only services need it

        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.sendto(state.encode(), socket.MSG_DONTWAIT, self._address)
