# SPDX-License-Identifier: Apache-2.0
"""Common parts of the commands that print alerts: options, outputs, and notes on standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from tiercel.cli.run_log import log
from tiercel.config.config import Config
from tiercel.config.keys import KEYS
from tiercel.config.locations import default_file
from tiercel.config.output_settings import FileSettings, HttpSettings, ProgramSettings, SpoolSettings
from tiercel.engine import configuration
from tiercel.engine.configured_rules import file_remarks, selection_remarks
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.stats import Stats
from tiercel.errors import ConfigError, UsageError
from tiercel.frozen import replace
from tiercel.notice import Notice
from tiercel.outputs import FileOutput, Output, StreamOutput, make_output
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.route import Route, SpoolPlace, numbered, spool_folder
from tiercel.rules import Priority
from tiercel.schema.alert_formats import FORMAT_DOCS, FORMATS, AlertFormat

__all__ = [
    "configure",
    "counted",
    "format_of",
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
    formats = ", ".join(f"{name}: {doc}" for name, doc in FORMAT_DOCS.items())
    add("--format", choices=FORMATS, help=f"format of alerts ({formats})")
    add("--json", action="store_const", dest="format", const="falco", help="the same as --format falco")
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


def outputs(args: argparse.Namespace, config: Config, *, spools: bool = False) -> list[Route]:
    """Return the routes to all outputs: --alerts replaces standard output; all others of the configuration are added.

    A format on the command line is that of standard output, and of all outputs without a format of their own.

    Args:
        args: what :func:`configure` declares.
        config: the configuration.
        spools: alerts may wait on disk for the next run.
    """
    common = format_of(args, config)
    if args.alerts is None and not config.delivers:
        hint = "enable stdout_output or file_output, name one in `outputs`, or give --alerts"
        raise ConfigError("E604", "no output is enabled: alerts would go nowhere", hint=hint)
    found: list[tuple[str, partial[Any]]] = []
    if args.alerts is not None:
        found.append(("alerts", partial(_alerts, args.alerts, common)))
    elif config.stdout_output:
        shown = args.format or config.stdout_output_format or common
        found.append(("stdout", partial(StreamOutput, _STDOUT, format=shown, name="standard output")))
    if config.file_output.enabled:
        found.append(("file", partial(_file, config.file_output, common)))
    found += _remote_outputs(config, common)
    choices = config.outputs
    found += [(one.name, partial(make_output, one.name, one.options, format=common)) for one in choices]
    routes = numbered([Route(name, make, timeout=config.output_timeout_ms / 1000) for name, make in found])
    if not spools:
        return routes
    return [replace(route, spool=_spool(config.spool, route.name)) for route in routes]


def _spool(settings: SpoolSettings, output: str) -> SpoolPlace | None:
    choice = settings.of(output)
    if choice is None or choice.max_mb is None:
        return None
    return SpoolPlace(settings.path or spool_folder(), choice.max_mb << 20, local=choice.enabled is True)


def _file(settings: FileSettings, common: AlertFormat) -> Output:
    return FileOutput(
        settings.filename,
        format=settings.format or common,
        keep_open=settings.keep_alive,
        rotate_bytes=settings.rotate_bytes,
        rotate_every=settings.rotate_every_ms / 1000,
        rotate_keep=settings.rotate_keep,
        rotate_compress=settings.rotate_compress,
    )


def format_of(args: argparse.Namespace, config: Config) -> AlertFormat:
    """Return the common format of all outputs."""
    chosen: AlertFormat = args.format or config.format
    return chosen


def _remote_outputs(config: Config, common: AlertFormat) -> Iterator[tuple[str, partial[Any]]]:
    """Return Falco's outputs to other programs."""
    if config.syslog_output:
        from tiercel.outputs.syslog import SyslogOutput

        yield "syslog", partial(SyslogOutput, format=config.syslog_output_format or common)
    if config.program_output.enabled:
        from tiercel.outputs.program import ProgramOutput

        yield "program", partial(ProgramOutput, **_options(config.program_output, common))
    if config.http_output.enabled:
        from tiercel.outputs.http import HttpOutput

        yield "http", partial(HttpOutput, **_options(config.http_output, common))


def _options(settings: ProgramSettings | HttpSettings, common: AlertFormat) -> dict[str, Any]:
    """Return the arguments of an output, which have the names of its settings."""
    found: dict[str, Any] = {name: getattr(settings, name) for name in settings.__match_args__ if name != "enabled"}
    return {**found, "format": settings.format or common}


def _alerts(where: str, lines: AlertFormat) -> Output:
    if not where.startswith("fd:"):
        return FileOutput(where, format=lines)
    number = where.removeprefix("fd:")
    if not number.isdecimal():
        raise UsageError("E601", f"--alerts {where}: not the number of a file descriptor", hint="for example fd:3")
    output = StreamOutput(int(number), format=lines)
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


def say_losses(stats: Stats, delivery: Delivery) -> None:
    """Report losses, and alerts that wait on disk; print nothing without them."""
    losses = (
        (stats.dropped, "event", f"in the kernel: {_listed(stats.drops)}"),
        (stats.malformed, "event", "malformed"),
        (stats.lost_alerts, "alert", "queue full"),
        (delivery.failures, "alert", f"output failed{_failed(delivery)}"),
        (sum(stats.evicted.values()), "process", f"table full: {_listed(stats.evicted)}"),
    )
    lost = [f"{counted(number, what)} ({why})" for number, what, why in losses if number]
    if lost:
        say(f"lost: {'; '.join(lost)}")
    spooled = {name: one.spooled for name, one in delivery.stats().items() if one.spooled}
    if spooled:
        say(f"spooled for the next run: {counted(sum(spooled.values()), 'alert')} ({_listed(spooled)})")


def _failed(delivery: Delivery) -> str:
    """Return the number of lost alerts of each output that lost some, if there are several outputs."""
    stats = delivery.stats()
    failed = {name: lost for name, one in stats.items() if (lost := one.failed + one.dropped)}
    return f": {_listed(failed)}" if failed and len(stats) > 1 else ""


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def counted(number: int, what: str) -> str:
    """Return a number with its noun: ``2 rules``."""
    plural = "es" if what.endswith("s") else "s"
    return f"{number} {what}{plural if number != 1 else ''}"
