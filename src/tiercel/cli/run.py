# SPDX-License-Identifier: Apache-2.0
"""tiercel run: watch the live kernel and print an alert for each match.

Without -r it uses the packaged rules. With `-- COMMAND` it starts the command, watches only that and what it starts,
and exits with its status. Alerts go to standard output, one a line; everything else to standard error.
"""

from __future__ import annotations

import argparse
import math
import os
import select
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from tiercel.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, alerting, replay, report
from tiercel.cli.alerting import counted, outputs, remark, say, say_losses
from tiercel.cli.interrupts import Interrupts
from tiercel.engine.config import Config
from tiercel.engine.delivery import Delivery
from tiercel.engine.launch import HeldCommand
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.errors import KernelError, SensorError, UsageError
from tiercel.sources.scope import Scope

EXAMPLES = """\
  tiercel run                                       this machine, with the packaged rules
  tiercel run -r rules.yaml --alerts fd:3 -- make   one command; its output and the alerts stay apart
  tiercel run --containers --json                   nothing on the host
  tiercel run -o priority=warning -o 'rules[].disable.rule=Write below /etc'
"""

_BATCH: Final = 1024
_TICK: Final = 1.0  # seconds after which losses are looked for even if nothing happens
_SETTLE: Final = 10.0  # seconds that what is still in the rings may take at the end
_GRACE: Final = 5.0  # seconds that a command has to end after --duration


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tiercel run``."""
    parser.usage = "tiercel run [options] [-- COMMAND ARG …]"
    alerting.configure(parser)
    add = parser.add_argument
    add("--duration", type=_seconds, metavar="S", help="end after S seconds; a COMMAND is then asked to end (SIGTERM)")
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


def run(args: argparse.Namespace) -> int:
    """Watch until the command, the time or the user ends it; return the exit status."""
    _check_scope(args)
    config = Config.load(args.config, args.option).appending(args.print)
    if config.replays:
        return _replay(args, config)
    rules = config.ruleset(*(args.rules or config.rules_files))
    with ExitStack() as stack:
        delivery = Delivery(outputs(args, config), report)
        stack.callback(delivery.close)
        command = stack.enter_context(_held(args.command)) if args.command else None
        interrupts = stack.enter_context(Interrupts())
        ended = command.fileno() if command is not None else stack.enter_context(_process(args.pid))
        sensor = Sensor(
            rules,
            scope=_scope(args, command),
            path_matching=config.path_matching,
            rule_matching=config.rule_matching,
            overflow=config.queue_overflow,
            queue_capacity=config.queue_capacity,
            ring_bytes=config.ring_bytes,
            snaplen=config.snaplen,
            style=config.style,
        )
        watch = _Watch(stack.enter_context(sensor), delivery, interrupts, command, ended)
        _announce(rules, _scope(args, command), config)
        if command is not None:
            command.release()
        status = watch.until(time.monotonic() + args.duration if args.duration else math.inf)
        watch.settle()
        sensor.stop()
        watch.deliver()
    say_losses(sensor.stats(), delivery)
    return status if command is not None or not delivery.failures else EXIT_FAILED


def _replay(args: argparse.Namespace, config: Config) -> int:
    """Do what a configuration with ``engine.kind: replay`` asks for."""
    if args.command or args.duration or args.pid is not None or args.cgroup is not None or args.containers:
        hint = "without it, `tiercel run` watches the live kernel"
        raise UsageError("E601", "engine.kind is replay: there is nothing live to watch", hint=hint)
    return replay.evaluate(config.capture_file, args, config)


# --- Before -----------------------------------------------------------------------------------------------------------


def _check_scope(args: argparse.Namespace) -> None:
    given = {
        "--pid": args.pid is not None,
        "--cgroup": args.cgroup is not None,
        "--containers": args.containers,
        "COMMAND": bool(args.command),
    }
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UsageError("E601", f"{' and '.join(named)} exclude each other", hint="a sensor watches one scope")


def _scope(args: argparse.Namespace, command: HeldCommand | None) -> Scope:
    if command is not None:
        return Scope.tree(command.pid)
    if args.pid is not None:
        return Scope.tree(args.pid)
    if args.cgroup is not None:
        return Scope.cgroup(args.cgroup)
    return Scope.containers() if args.containers else Scope.all()


@contextmanager
def _held(argv: Sequence[str]) -> Iterator[HeldCommand]:
    try:
        command = HeldCommand(argv)
    except SensorError as error:
        if argv[0].endswith((".yaml", ".yml")):
            error.hint = "rule files are given with -r"
        raise
    with command:
        yield command


@contextmanager
def _process(pid: int | None) -> Iterator[int | None]:
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


def _announce(rules: Ruleset, scope: Scope, config: Config) -> None:
    program = rules.compile(config.path_matching).program
    assert program is not None
    what = f"{counted(len(rules.enabled), 'rule')}, {counted(len(program.live), 'event type')}"
    say(f"watching ({what}, {scope})")
    if not rules.enabled:
        say("no rule is enabled: there will be no alerts")
    remark(rules, config)


# --- Meanwhile --------------------------------------------------------------------------------------------------------


class _Watch:
    """The main loop: alerts out, signals and the end of what is watched in."""

    def __init__(
        self, sensor: Sensor, delivery: Delivery, interrupts: Interrupts, command: HeldCommand | None, ended: int | None
    ) -> None:
        self._sensor = sensor
        self._delivery = delivery
        self._interrupts = interrupts
        self._command = command
        self._ended = ended

    def until(self, deadline: float) -> int:
        """Deliver alerts until there is a reason to end; return the exit status."""
        poller = select.poll()
        for fd in (self._sensor.fileno(), self._interrupts.fileno(), self._ended):
            if fd is not None:
                poller.register(fd, select.POLLIN)
        killing = False
        while True:
            left = deadline - time.monotonic()
            ready = {fd for fd, _ in poller.poll(max(0.0, min(left, _TICK)) * 1000)}
            self.deliver(limit=_BATCH)
            status = self._interrupted()
            if status is None and self._ended in ready:
                status = self._command.wait() if self._command is not None else EXIT_OK
            if status is None and self._delivery.reader_gone and self._command is None:
                status = EXIT_FAILED
            if status is None and left <= 0:
                if self._command is None:
                    return EXIT_OK
                self._command.send_signal(signal.SIGKILL if killing else signal.SIGTERM)
                killing, deadline = True, time.monotonic() + _GRACE
            if status is not None:
                return status

    def deliver(self, limit: int | None = None) -> None:
        """Hand over the alerts that wait, at most ``limit``."""
        count = 0
        while (limit is None or count < limit) and (alerts := self._sensor.read(_BATCH)):
            count += len(alerts)
            self._delivery.send(alerts)

    def settle(self) -> None:
        """Deliver the alerts of everything that has happened up to now."""
        until = time.monotonic() + _SETTLE
        while not self._sensor.flush(timeout=0.05) and time.monotonic() < until:
            self.deliver()
        self.deliver()

    def _interrupted(self) -> int | None:
        """Act on signals.  A command decides by itself when it ends: what the terminal sent has reached it, too."""
        for interrupt in self._interrupts.take():
            if self._command is None:
                return EXIT_INTERRUPTED if interrupt.signum == signal.SIGINT else EXIT_OK
            if interrupt.directed:
                self._command.send_signal(interrupt.signum)
        return None
