# SPDX-License-Identifier: Apache-2.0
"""Common parts of the commands that print alerts: options, outputs, and notes on standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

from tiercel.cli.run_log import log
from tiercel.config.config import Config
from tiercel.config.keys import KEYS
from tiercel.config.locations import default_file
from tiercel.config.output_settings import HttpSettings, ProgramSettings
from tiercel.engine import configuration
from tiercel.engine.configured_rules import file_remarks, selection_remarks
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.stats import Stats
from tiercel.errors import ConfigError, UsageError
from tiercel.frozen import replace
from tiercel.notice import Notice
from tiercel.operation.switched_delivery import SwitchedDelivery
from tiercel.outputs import FileOutput, Output, StreamOutput, make_output
from tiercel.outputs.dispatch import Delivery, Route
from tiercel.rules import Priority

__all__ = [
    "configure",
    "counted",
    "load_config",
    "outputs",
    "remark",
    "say",
    "say_losses",
    "say_notice",
    "say_summary",
]

_STDOUT: Final = 1
_RULES_SHOWN: Final = 10


def configure(
    parser: argparse.ArgumentParser, config_help: str = "configuration (YAML, with the names of falco.yaml)"
) -> None:
    """Declare the options for rules, settings and destinations of alerts."""
    width = max(len(key.name) for key in KEYS)
    settings = "\n".join(f"  {key.name:<{width}}  {key.doc}" for key in KEYS)
    parser.epilog = f"{parser.epilog or ''}\nsettings, for -c and -o:\n{settings}\n"
    add = parser.add_argument
    add(
        "-r",
        "--rules",
        action="append",
        default=[],
        metavar="PATH",
        help="rule file, folder, or - for standard input; repeatable, in order",
    )
    add("-c", "--config", metavar="FILE", help=config_help)
    add("-o", "--option", action="append", default=[], metavar="KEY=VALUE", help="one setting of the configuration")
    add("-p", "--print", metavar="TEXT", default="", help="add this to the output of every rule; it may hold fields")
    add("--json", action="store_true", help="alerts as JSON, with Falco's keys")
    add("--alerts", metavar="WHERE", help="alerts to a file, or to an open descriptor: fd:N")
    # Set by `tiercel falco`: a callback at the end, and the time at which a replay ends.
    parser.set_defaults(finished=lambda _rules, _stats: None, until_ns=None)


def load_config(args: argparse.Namespace, *, search: bool = False) -> configuration.Config:
    """Return the configuration that the options describe; rule files of the command line replace its own.

    Args:
        args: what :func:`configure` declares.
        search: look for a file at the usual places if no option names one, and report which one is read.
    """
    path = args.config
    if path is None and search and (path := default_file()) is not None:
        say(f"configuration: {path}")
    config = configuration.Config.load(path, args.option).appending(args.print)
    return replace(config, rules_files=()) if args.rules else config


def outputs(args: argparse.Namespace, config: Config) -> list[Route]:
    """Open the outputs: --alerts replaces standard output; all others of the configuration are added."""
    json = args.json or config.json_output
    if args.alerts is None and not config.delivers:
        hint = "enable stdout_output or file_output, name one in `outputs`, or give --alerts"
        raise ConfigError("E604", "no output is enabled: alerts would go nowhere", hint=hint)
    found: list[tuple[str, Output]] = []
    if args.alerts is not None:
        found.append(("alerts", _alerts(args.alerts, json=json)))
    elif config.stdout_output:
        found.append(("stdout", StreamOutput(_STDOUT, json=json, name="standard output")))
    if config.file_output:
        file = FileOutput(config.file_output_filename, json=json, keep_open=config.file_output_keep_alive)
        found.append(("file", file))
    found += _remote_outputs(config, json=json)
    found += [(choice.name, make_output(choice.name, choice.options, json=json)) for choice in config.outputs]
    timeout = config.output_timeout_ms / 1000
    return [Route(output, name, timeout=timeout) for name, output in found]


def _remote_outputs(config: Config, *, json: bool) -> Iterator[tuple[str, Output]]:
    """Open Falco's outputs to other programs."""
    if config.syslog_output:
        from tiercel.outputs.syslog import SyslogOutput

        yield "syslog", SyslogOutput(json=json)
    if config.program_output.enabled:
        from tiercel.outputs.program import ProgramOutput

        yield "program", ProgramOutput(json=json, **_options(config.program_output))
    if config.http_output.enabled:
        from tiercel.outputs.http import HttpOutput

        yield "http", HttpOutput(json=json, **_options(config.http_output))


def _options(settings: ProgramSettings | HttpSettings) -> dict[str, Any]:
    """Return the arguments of an output, which have the names of its settings."""
    return {name: getattr(settings, name) for name in settings.__match_args__ if name != "enabled"}


def _alerts(where: str, *, json: bool) -> Output:
    if not where.startswith("fd:"):
        return FileOutput(where, json=json)
    number = where.removeprefix("fd:")
    if not number.isdecimal():
        raise UsageError("E601", f"--alerts {where}: not the number of a file descriptor", hint="for example fd:3")
    output = StreamOutput(int(number), json=json)
    if int(number) > 2:
        os.set_inheritable(int(number), False)  # the reader must see its end, even if processes of COMMAND still run
    return output


def remark(rules: Ruleset, config: Config) -> None:
    """Print warnings about the rules and the settings."""
    for warning in rules.warnings:
        print(warning, file=sys.stderr)
    for text in (*selection_remarks(config, rules), *file_remarks(config)):
        say(text)
    for ignored in config.ignored:
        say(f"without effect: {ignored}")


def say(text: str) -> None:
    """Write a line into the log, by default to standard error."""
    log(Priority.INFORMATIONAL, text)


def say_notice(notice: Notice) -> None:
    """Write a notice of the sensor into the log."""
    urgency = "" if notice.priority > Priority.WARNING else f"{notice.priority.label.lower()}: "
    log(notice.priority, f"{urgency}{notice.text}")


def say_summary(stats: Stats) -> None:
    """Report alerts by rule, and events, at the end of a run."""
    rules = sorted(stats.matches.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {number}" for name, number in rules[:_RULES_SHOWN])
    more = f", {len(rules) - _RULES_SHOWN} more rules" if len(rules) > _RULES_SHOWN else ""
    filtered = sum(stats.filtered.values())
    events = f"{counted(stats.events, 'event')} seen, {filtered} filtered in the kernel, {stats.dropped} lost"
    say(f"{counted(stats.alerts, 'alert')}{f' ({shown}{more})' if shown else ''}; {events}")


def say_losses(stats: Stats, delivery: Delivery | SwitchedDelivery) -> None:
    """Report losses; print nothing without losses."""
    classes = ", ".join(f"{name} {number}" for name, number in stats.drops.items())
    tables = ", ".join(f"{name} {number}" for name, number in stats.evicted.items())
    losses = (
        (stats.dropped, "event", f"in the kernel: {classes}"),
        (stats.malformed, "event", "malformed"),
        (stats.lost_alerts, "alert", "queue full"),
        (delivery.failures, "alert", "output failed"),
        (sum(stats.evicted.values()), "process", f"table full: {tables}"),
    )
    lost = [f"{counted(number, what)} ({why})" for number, what, why in losses if number]
    if lost:
        say(f"lost: {'; '.join(lost)}")


def counted(number: int, what: str) -> str:
    """Return a number with its noun: ``2 rules``."""
    plural = "es" if what.endswith("s") else "s"
    return f"{number} {what}{plural if number != 1 else ''}"
