# SPDX-License-Identifier: Apache-2.0
"""tiercel run: watch the live kernel and print an alert for each match.

Without -c it reads the first configuration that it finds at the usual places. Without -r, and without rules_files of
the configuration, it uses the packaged rules. With `-- COMMAND` it starts the command, watches only the command and the
processes that it starts, and exits with its status. Alerts go to standard output, one per line; everything else goes
to standard error.

SIGINT (Ctrl-C), SIGTERM and SIGQUIT end the run after all alerts are delivered; so does the loss of the terminal,
unless nohup prevents it. SIGUSR1 opens the files of alerts again, for log rotation. SIGHUP, and a change of a file of
rules or of the configuration, load all of them again; if they have an error, the old ones stay in use. With COMMAND,
signals from other processes are passed on to it instead, and files are not watched.
"""

from __future__ import annotations

import argparse
import math
import time
from contextlib import ExitStack

from tiercel.cli import EXIT_FAILED, EXIT_OK, alerting, idle, replay, report, watching
from tiercel.cli.alerting import counted, load_config, outputs, remark, say, say_losses, say_notice, say_summary
from tiercel.cli.heap import separate_large_blocks
from tiercel.cli.interrupts import Interrupts, early_signals_blocked
from tiercel.cli.limiting import Limiting, say_limits
from tiercel.cli.operating import Files, Operation
from tiercel.cli.responding import Responses
from tiercel.cli.run_log import announce, use_log
from tiercel.config.config import Config
from tiercel.config.locations import SEARCHED
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.ruleset import Ruleset
from tiercel.errors import UsageError
from tiercel.operation.reload import Loaded
from tiercel.operation.watch_files import state_of
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
    alerting.configure(parser, f"configuration, as falco.yaml; by default {' or '.join(SEARCHED)}, if there is one")
    watching.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Watch until the command, the time or the user ends it; return the exit status."""
    watching.check_scope(args)
    separate_large_blocks()
    config = load_config(args, search=True)
    use_log(config.log)
    if config.replays:
        return _replay(args, config)
    if not config.probes:
        return idle.wait(args, config)
    with ExitStack() as stack:
        mask = stack.enter_context(early_signals_blocked())
        files = Files(args, config)
        seen = state_of(files.watched(config))
        rules = load_rules(config, *files.given)
        delivery = Delivery(outputs(args, config, spools=True), report)
        stack.callback(delivery.close)
        command = stack.enter_context(watching.held(args.command, mask)) if args.command else None
        interrupts = stack.enter_context(Interrupts())
        ended = command.fileno() if command is not None else stack.enter_context(watching.process(args.pid))
        scope = watching.scope_of(args, command)
        sensor = stack.enter_context(config.sensor(rules, scope=scope, on_notice=say_notice))
        responses = stack.enter_context(Responses(sensor, config))
        _announce(rules, scope, config)
        delivery.resume()
        limiting = Limiting(config.limiter(), delivery.send)
        operation = Operation(args, files, sensor, delivery, responses, limiting)
        if command is None:
            operation.begin(stack, Loaded(config, rules), seen)
        watch = watching.Watch(
            *(sensor, delivery, interrupts, command, ended),
            respond=responses.handle,
            limit=limiting.limiter.filter,
            tasks=operation.tasks,
            on_hangup=operation.on_hangup,
        )
        if command is not None:
            command.release()
        status = watch.until(time.monotonic() + args.duration if args.duration else math.inf)
        operation.end()
        watch.settle()
        sensor.stop()
        watch.deliver()
        limiting.finish()
    if command is None:
        say_summary(sensor.stats())
    say_limits(limiting.limiter.stats())
    say_losses(sensor.stats(), delivery)
    responses.say_summary()
    args.finished(operation.known_rules(rules), sensor.stats())
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
    announce(f"watching ({what}, {scope})")
    if not rules.enabled:
        say("no rule is enabled: there will be no alerts")
    remark(rules, config)
