# SPDX-License-Identifier: Apache-2.0
"""tiercel run: watch the live kernel and print an alert for each match.

Without -r it uses the packaged rules. With `-- COMMAND` it starts the command, watches only the command and the
processes that it starts, and exits with its status. Alerts go to standard output, one per line; everything else goes
to standard error.

SIGINT (Ctrl-C), SIGTERM and SIGQUIT end the run after all alerts are delivered; so does the loss of the terminal,
unless nohup prevents it. SIGUSR1 opens the files of alerts again, for log rotation. SIGHUP is refused: rules are read
at the start only. With COMMAND, signals from other processes are passed on to it instead.
"""

from __future__ import annotations

import argparse
import math
import time
from contextlib import ExitStack

from tiercel.cli import EXIT_FAILED, EXIT_OK, alerting, replay, report, watching
from tiercel.cli.alerting import counted, outputs, remark, say, say_losses
from tiercel.cli.interrupts import Interrupts, early_signals_blocked
from tiercel.cli.responding import responder_of, say_responses
from tiercel.cli.rule_paths import rule_paths
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.sensor import Sensor
from tiercel.errors import UsageError
from tiercel.outputs.dispatch import Delivery
from tiercel.sources.scope import Scope

EXAMPLES = """\
  tiercel run                                       this machine, with the packaged rules
  tiercel run -r rules.yaml --alerts fd:3 -- make   one command; its output and the alerts stay apart
  tiercel run --containers --json                   nothing on the host
  tiercel run -o priority=warning -o 'rules[].disable.rule=Write below /etc'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tiercel run``."""
    parser.usage = "tiercel run [options] [-- COMMAND ARG …]"
    alerting.configure(parser)
    watching.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Watch until the command, the time or the user ends it; return the exit status."""
    watching.check_scope(args)
    config = Config.load(args.config, args.option).appending(args.print)
    if config.replays:
        return _replay(args, config)
    with ExitStack() as stack:
        mask = stack.enter_context(early_signals_blocked())
        rules = load_rules(config, *(rule_paths(args.rules) or config.rules_files))
        delivery = Delivery(outputs(args, config), report)
        stack.callback(delivery.close)
        command = stack.enter_context(watching.held(args.command, mask)) if args.command else None
        interrupts = stack.enter_context(Interrupts())
        ended = command.fileno() if command is not None else stack.enter_context(watching.process(args.pid))
        sensor = Sensor(
            rules,
            scope=watching.scope_of(args, command),
            path_matching=config.path_matching,
            rule_matching=config.rule_matching,
            overflow=config.queue_overflow,
            queue_capacity=config.queue_capacity,
            ring_bytes=config.ring_bytes,
            snaplen=config.snaplen,
            style=config.style,
            captures=config.captures,
            containers=config.containers,
        )
        responder = responder_of(config, sensor)
        if responder is not None:
            stack.enter_context(responder)
        respond = responder.handle if responder is not None else None
        watch = watching.Watch(stack.enter_context(sensor), delivery, interrupts, command, ended, respond)
        _announce(rules, watching.scope_of(args, command), config)
        if command is not None:
            command.release()
        status = watch.until(time.monotonic() + args.duration if args.duration else math.inf)
        watch.settle()
        sensor.stop()
        watch.deliver()
    say_losses(sensor.stats(), delivery)
    if responder is not None:
        say_responses(responder)
    if delivery.failures and (status == EXIT_OK or command is None):
        return EXIT_FAILED
    return status


def _replay(args: argparse.Namespace, config: Config) -> int:
    """Replay the capture of a configuration with ``engine.kind: replay``."""
    if args.command or args.duration or args.pid is not None or args.cgroup is not None or args.containers:
        hint = "without it, `tiercel run` watches the live kernel"
        raise UsageError("E601", "engine.kind is replay: there is nothing live to watch", hint=hint)
    return replay.evaluate(config.capture_file, args, config)


def _announce(rules: Ruleset, scope: Scope, config: Config) -> None:
    program = rules.compile(config.path_matching).program
    assert program is not None
    what = f"{counted(len(rules.enabled), 'rule')}, {counted(len(program.live), 'event type')}"
    say(f"watching ({what}, {scope})")
    if not rules.enabled:
        say("no rule is enabled: there will be no alerts")
    remark(rules, config)
