# SPDX-License-Identifier: Apache-2.0
"""Process of an alert: a handle that never acts on another process with the same number."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tiercel.frozen import frozen
from tiercel.response.control_group import ControlGroup
from tiercel.response.procfs import ProcStat, read_stat, reads_initial_pids
from tiercel.response.protection import ALWAYS, Protection
from tiercel.response.result import Action, ActionResult, Outcome, Refusal, latency_since

__all__ = ["UNKNOWN", "Process", "pass_limits"]

_SIGNALS: Final[Mapping[str, tuple[signal.Signals, Outcome]]] = {
    "kill": (signal.SIGKILL, "killed"),
    "stop": (signal.SIGSTOP, "stopped"),
}
_FILES: Final[Mapping[str, tuple[str, Outcome]]] = {
    "kill_cgroup": ("cgroup.kill", "killed"),
    "freeze": ("cgroup.freeze", "frozen"),
}


@frozen
class Process:
    """Process that caused an alert of the live sensor.

    Number and start time identify it. An action opens a pidfd, compares the start time in /proc with that of the
    alert's event, and sends the signal through the pidfd: the signal cannot reach a process that got the number later.
    /proc has start times in units of 10 ms, so two processes with one number must differ by that.

    Attributes:
        pid: number in the first pid namespace of the machine, also for a process in a container; None if the alert
            does not identify a process: an alert of a replay, of given events, or of the sensor itself.
        start_ns: start of the process, CLOCK_BOOTTIME.
        uid: its effective user at the time of the event.
        event_ns: time of the event, CLOCK_BOOTTIME.
    """

    pid: int | None
    start_ns: int = 0
    uid: int | None = None
    event_ns: int = 0

    @classmethod
    def of_header(cls, header: Mapping[str, Any]) -> Process:
        """Return the process of an event's header."""
        if not header.get("pid") or not header.get("start_ns"):
            return UNKNOWN
        return cls(header["pid"], header["start_ns"], header["uid"], header["boot_ns"])

    def kill(self) -> ActionResult:
        """Send SIGKILL to the process.

        Returns:
            ``killed`` once the kernel has accepted the signal, or the reason why it was not sent; see
            :class:`ActionResult`. Never raises.
        """
        return self.act("kill")

    def stop(self) -> ActionResult:
        """Send SIGSTOP to the process; ``kill -CONT`` resumes it."""
        return self.act("stop")

    def kill_cgroup(self) -> ActionResult:
        """Kill all processes of the control group (version 2) of the process, and of the groups below it.

        The root, the groups of the sensor and of its ancestors, and groups with another protected process are refused.
        Needs Linux 5.14.
        """
        return self.act("kill_cgroup")

    def freeze(self) -> ActionResult:
        """Freeze the control group of the process, with the same refusals as :meth:`kill_cgroup`.

        Writing 0 to its ``cgroup.freeze`` resumes it.
        """
        return self.act("freeze")

    @property
    def is_alive(self) -> bool:
        """True if the process exists, and is not another one with this number."""
        try:
            with self._opened():
                return True
        except Refusal:
            return False

    def act(
        self,
        action: Action,
        protection: Protection = ALWAYS,
        *,
        dry_run: bool = False,
        admit: Callable[[], bool] = lambda: True,
    ) -> ActionResult:
        """Carry out one of the actions above.

        Args:
            action: ``kill``, ``stop``, ``kill_cgroup`` or ``freeze``.
            protection: processes that must not be touched.
            dry_run: check everything, and do nothing.
            admit: returns False to refuse the action because of its rate; called after all other checks.
        """
        try:
            outcome, detail = self._act(action, protection, dry_run=dry_run, admit=admit)
        except Refusal as refusal:
            outcome, detail = refusal.outcome, refusal.detail
        except OSError as error:  # for example no free descriptor
            outcome, detail = "failed", str(error.strerror)
        return ActionResult(action, outcome, detail, self.pid, latency_since(self.event_ns))

    def _act(
        self, action: Action, protection: Protection, *, dry_run: bool, admit: Callable[[], bool]
    ) -> tuple[Outcome, str]:
        with self._opened() as (pid, pidfd, stat):
            if why := protection.reason(pid, stat):
                raise Refusal("protected", why)
            if action in _SIGNALS:
                number, outcome = _SIGNALS[action]
                pass_limits(dry_run=dry_run, admit=admit)
                _send(pidfd, number)
                return outcome, ""
            name, outcome = _FILES[action]
            with ControlGroup(pid) as group:
                _send(pidfd, 0)  # the process still exists, so the group is its own
                if why := protection.reason_of_group(group.path, group.members):
                    raise Refusal("protected", why)
                pass_limits(dry_run=dry_run, admit=admit)
                group.write(name, "1")
                return outcome, f"control group {group.path}"

    @contextmanager
    def _opened(self) -> Iterator[tuple[int, int, ProcStat]]:
        """Open a pidfd of the process; yield its number, the pidfd, and its state.

        Raises:
            Refusal: the process has ended, or cannot be identified.
        """
        pid = self.pid
        if pid is None:
            raise Refusal("unidentified", "the alert has no process of this machine")
        if not reads_initial_pids():
            raise Refusal("unidentified", "the sensor has a pid namespace of its own")
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            raise Refusal("gone") from None
        except OSError as error:
            raise Refusal("gone" if _is_thread(pid) else "failed", f"pidfd_open: {error.strerror}") from error
        try:
            stat = read_stat(pid)
            # Its number cannot have another process before it is reaped, and a reaped process has no signals.
            if not _exists(pidfd):
                raise Refusal("gone")
            if stat is None:
                raise Refusal("denied", "/proc hides the process")
            if not stat.started_at(self.start_ns):
                raise Refusal("gone", "another process has its number")
            if _has_ended(pidfd):
                raise Refusal("gone")
            yield pid, pidfd, stat
        finally:
            os.close(pidfd)


UNKNOWN: Final = Process(None)
"""Process of an alert that identifies none."""


def pass_limits(*, dry_run: bool, admit: Callable[[], bool]) -> None:
    """Raise a refusal for an action beyond its rate, and for a dry run."""
    if not admit():
        raise Refusal("rate_limited")
    if dry_run:
        raise Refusal("dry_run")


def _send(pidfd: int, number: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        raise Refusal("gone") from None
    except PermissionError as error:
        if number:  # 0 only tests whether the process exists
            raise Refusal("denied", f"{signal.Signals(number).name}: {error.strerror}") from error


def _exists(pidfd: int) -> bool:
    try:
        _send(pidfd, 0)
    except Refusal:
        return False
    return True


def _has_ended(pidfd: int) -> bool:
    """Return whether a process has ended, with all its threads, and waits to be reaped."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(0))


def _is_thread(pid: int) -> bool:
    """Return whether a number belongs to a thread of a process now, for which pidfd_open fails."""
    return read_stat(pid) is not None
