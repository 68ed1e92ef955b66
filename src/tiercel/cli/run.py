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
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from tiercel.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, report
from tiercel.cli.interrupts import Interrupts
from tiercel.engine.config import KEYS, Config
from tiercel.engine.delivery import Delivery
from tiercel.engine.launch import HeldCommand
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.engine.stats import Stats
from tiercel.errors import KernelError, OutputError, SensorError, UsageError
from tiercel.outputs import FileOutput, Output, StreamOutput, make_output
from tiercel.sources.scope import Scope

EXAMPLES = """\
  tiercel run                                       this machine, with the packaged rules
  tiercel run -r rules.yaml --alerts fd:3 -- make   one command; its output and the alerts stay apart
  tiercel run --containers --json                   nothing on the host
  tiercel run -o priority=warning -o 'rules[].disable.rule=Write below /etc'
"""

_STDOUT: Final = 1
_BATCH: Final = 1024
_TICK: Final = 1.0  # seconds after which losses are looked for even if nothing happens
_SETTLE: Final = 10.0  # seconds that what is still in the rings may take at the end
_GRACE: Final = 5.0  # seconds that a command has to end after --duration


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tiercel run``."""
    parser.usage = "tiercel run [options] [-- COMMAND ARG …]"
    width = max(len(key.name) for key in KEYS)
    settings = "\n".join(f"  {key.name:<{width}}  {key.doc}" for key in KEYS)
    parser.epilog = f"{parser.epilog or ''}\nsettings, for -c and -o:\n{settings}\n"
    add = parser.add_argument
    add("-r", "--rules", action="append", default=[], metavar="PATH", help="rule file or folder; repeatable, in order")
    add("-c", "--config", metavar="FILE", help="configuration (YAML, with the names of falco.yaml)")
    add("-o", "--option", action="append", default=[], metavar="KEY=VALUE", help="one setting of the configuration")
    add("-p", "--print", metavar="TEXT", default="", help="add this to the output of every rule; it may hold fields")
    add("--json", action="store_true", help="alerts as JSON, with Falco's keys")
    add("--alerts", metavar="WHERE", help="alerts to a file, or to an open descriptor: fd:N")
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
    rules = config.ruleset(*(args.rules or config.rules_files))
    with ExitStack() as stack:
        delivery = Delivery(_outputs(args, config), _complain)
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
    _summarise(sensor.stats(), delivery)
    return status if command is not None or not delivery.failures else EXIT_FAILED


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


def _outputs(args: argparse.Namespace, config: Config) -> list[Output]:
    """Open the outputs: --alerts replaces standard output, a file of the configuration is added."""
    json = args.json or config.json_output
    outputs: list[Output] = []
    if args.alerts is not None:
        outputs.append(_alerts(args.alerts, json=json))
    elif config.stdout_output:
        outputs.append(StreamOutput(_STDOUT, json=json, name="standard output"))
    if config.file_output:
        outputs.append(FileOutput(config.file_output_filename, json=json, keep_open=config.file_output_keep_alive))
    outputs += [make_output(choice.name, choice.options, json=json) for choice in config.outputs]
    return outputs


def _alerts(where: str, *, json: bool) -> Output:
    if not where.startswith("fd:"):
        return FileOutput(where, json=json)
    number = where.removeprefix("fd:")
    if not number.isdecimal():
        raise UsageError("E601", f"--alerts {where}: not the number of a file descriptor", hint="for example fd:3")
    output = StreamOutput(int(number), json=json)
    if int(number) > 2:
        os.set_inheritable(int(number), False)  # whoever reads it must see its end, whatever COMMAND leaves behind
    return output


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
    what = f"{_count(len(rules.enabled), 'rule')}, {_count(len(program.live), 'event type')}"
    _say(f"watching ({what}, {scope})")
    if not rules.enabled:
        _say("no rule is enabled: there will be no alerts")
    for warning in rules.warnings:
        print(warning, file=sys.stderr)
    for entry in config.without_effect(rules):
        what = f"rule {entry.rule!r}" if entry.rule is not None else f"tag {entry.tag!r}"
        _say(f"nothing to {'enable' if entry.enable else 'disable'}: no {what}")
    if config.ignored:
        _say(f"settings of Falco's that have no effect here: {', '.join(config.ignored)}")


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


# --- Afterwards -------------------------------------------------------------------------------------------------------


def _say(text: str) -> None:
    print(f"tiercel: {text}", file=sys.stderr, flush=True)


def _complain(error: OutputError) -> None:
    report(error)


def _summarise(stats: Stats, delivery: Delivery) -> None:
    """Say what was lost; nothing if nothing was."""
    classes = ", ".join(f"{name} {count}" for name, count in stats.drops.items())
    tables = ", ".join(f"{name} {count}" for name, count in stats.evicted.items())
    losses = (
        (stats.dropped, "event", f"in the kernel: {classes}"),
        (stats.malformed, "event", "malformed"),
        (stats.lost_alerts, "alert", "queue full"),
        (delivery.failures, "alert", "output failed"),
        (sum(stats.evicted.values()), "process", f"table full: {tables}"),
    )
    lost = [f"{_count(count, what)} ({why})" for count, what, why in losses if count]
    if lost:
        _say(f"lost: {'; '.join(lost)}")


def _count(number: int, what: str) -> str:
    plural = "es" if what.endswith("s") else "s"
    return f"{number} {what}{plural if number != 1 else ''}"
