# SPDX-License-Identifier: Apache-2.0
"""Common parts of the commands that watch the live kernel: scope, duration, and main loop."""

from __future__ import annotations

import argparse
import math
import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from tiercel.alerts.alert import Alert
from tiercel.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK
from tiercel.cli.alerting import say
from tiercel.cli.heap import freeze_objects
from tiercel.cli.interrupts import Interrupts, discard_early_signals
from tiercel.engine.held_command import HeldCommand
from tiercel.engine.sensor import Sensor
from tiercel.errors import KernelError, SensorError, UsageError
from tiercel.outputs.dispatch import Delivery
from tiercel.sources.scope import Scope

__all__ = ["Task", "Watch", "check_scope", "configure", "held", "process", "scope_of"]

_BATCH: Final = 1024
_TICK: Final = 1.0  # seconds after which losses are checked even without events
_SHORT_TICK: Final = 0.1
_SETTLE: Final = 3.0  # seconds for records that are still in the rings at the end
_GRACE: Final = 5.0  # seconds that a command has to end after --duration


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options for scope and duration."""
    add = parser.add_argument
    add("--duration", type=_seconds, metavar="S", help="end after S seconds; a COMMAND then gets SIGTERM")
    scope = parser.add_argument_group("what to watch (by default the whole machine)").add_argument
    scope("--pid", type=int, metavar="PID", help="this process and what it starts, until it ends")
    scope("--cgroup", metavar="PATH", help="the processes of a control group")
    scope("--containers", action="store_true", help="processes in containers")
    scope("command", nargs="*", metavar="COMMAND", help="start this command, and watch it and what it starts")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def check_scope(args: argparse.Namespace) -> None:
    """Refuse options that name several scopes."""
    given = {
        "--pid": args.pid is not None,
        "--cgroup": args.cgroup is not None,
        "--containers": args.containers,
        "COMMAND": bool(args.command),
    }
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UsageError("E601", f"{' and '.join(named)} exclude each other", hint="a sensor watches one scope")


def scope_of(args: argparse.Namespace, command: HeldCommand | None) -> Scope:
    """Return the scope that the options name."""
    if command is not None:
        return Scope.tree(command.pid)
    if args.pid is not None:
        return Scope.tree(args.pid)
    if args.cgroup is not None:
        return Scope.cgroup(args.cgroup)
    return Scope.containers() if args.containers else Scope.all()


@contextmanager
def held(argv: Sequence[str], mask: Iterable[int]) -> Iterator[HeldCommand]:
    """Start a command with a signal mask, stopped until it is released."""
    discard_early_signals()
    freeze_objects()
    try:
        command = HeldCommand(argv, mask)
    except SensorError as error:
        if argv[0].endswith((".yaml", ".yml")):
            error.hint = "rule files are given with -r"
        raise
    with command:
        yield command


@contextmanager
def process(pid: int | None) -> Iterator[int | None]:
    """Yield a descriptor that is readable once the process has ended."""
    if pid is None:
        yield None
        return
    try:
        fd = os.pidfd_open(pid)
    except (OSError, OverflowError) as error:
        raise KernelError("E410", f"there is no process {pid}") from error
    try:
        yield fd
    finally:
        os.close(fd)


class Task(Protocol):
    """Work that the main loop does when a descriptor is readable or a time has come."""

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when there is work, or None."""

    def due(self) -> float:
        """Return the time of the next work on the monotonic clock; infinite without one."""

    def work(self) -> int | None:
        """Do the work that is due, or nothing; return an exit status to end the program."""


class Watch:
    """Main loop: delivers alerts, handles signals, and detects the end of the command."""

    def __init__(
        self,
        sensor: Sensor,
        delivery: Delivery,
        interrupts: Interrupts,
        command: HeldCommand | None,
        ended: int | None,
        *,
        respond: Callable[[Sequence[Alert]], object] | None = None,
        limit: Callable[[Sequence[Alert]], Sequence[Alert]] | None = None,
        tasks: Sequence[Task] = (),
        on_hangup: Callable[[], None] | None = None,
    ) -> None:
        """Prepare.

        Args:
            sensor: source of the alerts.
            delivery: destination of the alerts.
            interrupts: signals of this process.
            command: command whose end is the end of the run.
            ended: descriptor that is readable once the watched process has ended.
            respond: called with alerts before their delivery.
            limit: returns the alerts to deliver.
            tasks: further work of the loop.
            on_hangup: action of SIGHUP.
        """
        self._sensor = sensor
        self._respond = respond
        self._limit = limit
        self._delivery = delivery
        self._interrupts = interrupts
        self._command = command
        self._ended = ended
        self._tasks = tasks
        self._on_hangup = on_hangup
        self._ignored: set[int] = set()

    def until(self, deadline: float, is_over: Callable[[], bool] | None = None) -> int:
        """Deliver alerts until an end condition; return the exit status.

        ``is_over`` is a further end condition; a command continues nevertheless.
        """
        tick = _TICK if is_over is None else _SHORT_TICK
        poller = self._poller()
        killing = False
        while True:
            left = deadline - time.monotonic()
            due = min((task.due() for task in self._tasks), default=math.inf) - time.monotonic()
            ready = {fd for fd, _ in poller.poll(math.ceil(max(0.0, min(left, tick, due)) * 1000))}
            self.deliver(limit=_BATCH)
            status = self._interrupted()
            if status is None:
                status = self._worked()
            if status is None and self._ended in ready:
                status = self._command.wait() if self._command is not None else EXIT_OK
            if status is None and self._delivery.reader_gone and self._command is None:
                status = EXIT_FAILED
            if status is None and self._command is None and is_over is not None and is_over():
                status = EXIT_OK
            if status is None and left <= 0:
                if self._command is None:
                    return EXIT_OK
                self._command.send_signal(signal.SIGKILL if killing else signal.SIGTERM)
                killing, deadline = True, time.monotonic() + _GRACE
            if status is not None:
                return status

    def deliver(self, limit: int | None = None) -> None:
        """Deliver the queued alerts, at most ``limit``."""
        count = 0
        while (limit is None or count < limit) and (alerts := self._sensor.read(_BATCH)):
            count += len(alerts)
            if self._respond is not None:
                self._respond(alerts)
            self._delivery.send(alerts if self._limit is None else self._limit(alerts))

    def settle(self) -> None:
        """Deliver the alerts of all events up to now."""
        until = time.monotonic() + _SETTLE
        while not self._sensor.flush(timeout=0.05) and time.monotonic() < until:
            self.deliver()
        self.deliver()

    def _poller(self) -> select.poll:
        poller = select.poll()
        tasks = (task.fileno() for task in self._tasks)
        for fd in (self._sensor.fileno(), self._interrupts.fileno(), self._ended, *tasks):
            if fd is not None:
                poller.register(fd, select.POLLIN)
        return poller

    def _worked(self) -> int | None:
        """Do the work that is due; return the exit status of work that ends the program."""
        for task in self._tasks:
            if (status := task.work()) is not None:
                return status
        return None

    def _interrupted(self) -> int | None:
        """Act on signals.

        A command decides by itself when it ends: signals of the terminal have reached it, too, and all others are
        passed on.
        """
        for interrupt in self._interrupts.take():
            if self._command is not None:
                if interrupt.directed:
                    self._command.send_signal(interrupt.signum)
            elif interrupt.ends:
                return EXIT_INTERRUPTED if interrupt.signum == signal.SIGINT else EXIT_OK
            else:
                self._note(interrupt.signum)
        return None

    def _note(self, signum: int) -> None:
        """Act on a signal that is no request to end."""
        if signum == signal.SIGHUP:
            if self._on_hangup is not None:
                self._on_hangup()
            else:
                say("SIGHUP is refused: there is nothing to reload")
        elif signum == signal.SIGUSR1:
            self._delivery.reopen()
        elif signum not in self._ignored:
            self._ignored.add(signum)
            say(f"signal {signum} ({signal.strsignal(signum)}) is ignored")
