# SPDX-License-Identifier: Apache-2.0
"""Start-up actions of ``tiercel falco``, in Falco's order."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final

from tiercel import cli
from tiercel.capture.reader import open_capture
from tiercel.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, alerting, replay, report
from tiercel.cli.falco import listings, plugins, rule_files
from tiercel.cli.falco.log import Log, say_error
from tiercel.cli.falco.options import Options, parse
from tiercel.cli.falco.settings import Given, check_file, given, require_file
from tiercel.cli.falco.summary import rates, summary
from tiercel.cli.falco.support import support
from tiercel.cli.falco.usage import usage
from tiercel.cli.falco.versions import lines
from tiercel.cli.rule_paths import STDIN, rule_paths
from tiercel.engine.configured_rules import load_rules
from tiercel.engine.stats import Stats
from tiercel.errors import OutputError, UsageError
from tiercel.escaping import visible_json
from tiercel.frozen import replace
from tiercel.operation.versions import falco_version, versions
from tiercel.outputs.dispatch import Delivery
from tiercel.private_files import open_private
from tiercel.rules import Rule
from tiercel.rules.loader import SOURCES
from tiercel.rules.schema import rule_file_schema

__all__ = ["perform"]

_PRESETS: Final = frozenset({"c", "container", "k", "kubernetes"})
_LIVE: Final = frozenset({"modern_ebpf", "kmod", "ebpf"})


def perform(words: Sequence[str]) -> int:
    """Perform the action that the words select, and return the exit status.

    Raises:
        TiercelError: a word, the configuration or a rule file is wrong, or the sensor cannot start.
    """
    options = parse(words)
    check_file(options)
    if _print_without_configuration(options):
        return EXIT_OK
    found = given(options)
    log = Log.of(found.tree)
    _announce(options, found, log)
    if _print_without_rules(options, found, log):
        return EXIT_OK
    _check_sources(options, found)
    if options.validate:
        error = rule_files.validate(options, found, log)
        if error is not None:
            say_error(error)
            return EXIT_FAILED
        return EXIT_OK
    rule_files.require_rules(options, found)
    rule_files.announce(options, found, log)
    if options.describe_all or options.describe_rule:
        rule_files.describe_rules(options, found)
        return EXIT_OK
    if options.support:
        print(rule_files.dumped(support(words, found, rule_files.load(options, found).contents)))
        return EXIT_OK
    return _dry_run(options, found) if options.dry_run else _process(options, found)


# -- actions that print and end ----------------------------------------------------------------------------------------


def _print_without_configuration(options: Options) -> bool:
    """Print what needs no configuration; return whether something was printed."""
    if options.help:
        print(usage(), end="")
    elif options.config_schema:
        from tiercel.config.schema import config_schema

        _print_schema(config_schema())
    elif options.rule_schema:
        _print_schema(rule_file_schema())
    elif options.ignored_events:
        print(listings.ignored_events(), end="")
    elif options.list_events:
        print(listings.events(options.form), end="")
    else:
        return False
    return True


def _print_schema(schema: dict[str, object]) -> None:
    print(visible_json(json.dumps(schema, indent=2, ensure_ascii=False)))


def _print_without_rules(options: Options, found: Given, log: Log) -> bool:
    """Print what needs a configuration only; return whether something was printed.

    Raises:
        UsageError: E601, there is no configuration, or no such plugin or source.
    """
    if options.version:
        print(rule_files.dumped(versions()) if found.config.json_output else lines().rstrip())
        return True
    if options.page_size:
        log.info(f"Your system page size is: {resource.getpagesize()} bytes")
        return True
    require_file(found)
    if options.plugin_info:
        print(plugins.info(plugins.configured(found.tree), options.plugin_info), end="")
    elif options.list_plugins:
        print(plugins.listing(plugins.configured(found.tree)), end="")
    elif options.list_source is not None:
        listings.check_source(options.list_source)
        form = options.form
        fields = listings.field_names(form) if options.names_only else listings.fields(form, verbose=options.verbose)
        print(fields, end="")
    else:
        return False
    return True


def _announce(options: Options, found: Given, log: Log) -> None:
    """Log the version, the configuration files, and options without effect."""
    log.info(f"Falco version: {falco_version()} ({platform.machine()})")
    if found.config.files:
        log.info("Falco initialized with configuration files:")
    for path in found.config.files:
        log.info(f"   {path}")
    if found.config.engine_kind in _LIVE:
        system = os.uname()
        log.info(f"System info: {system.sysname} version {system.release} {system.version}")
    if options.markdown:
        log.warning("--markdown is deprecated, use --format markdown instead.")
    if options.print:
        effect = "has no effect" if options.print in _PRESETS else "is deprecated"
        log.warning(
            f"-p {options.print} {effect}: use -o append_output, which container fields are part of by default."
        )
    for word in options.stray:
        log.warning(f"{word!r} belongs to no option and is ignored; a value of --list follows `=`.")


def _check_sources(options: Options, found: Given) -> None:
    """Refuse sources that do not exist, and a selection without a source; captures have all sources.

    Raises:
        UsageError: E601, a wrong selection.
    """
    if found.config.replays:
        return
    known = f"the sources are {', '.join(sorted(SOURCES))}"
    if options.enabled_sources and options.disabled_sources:
        raise UsageError("E601", "You can not mix --enable-source and --disable-source", hint="keep one of them")
    verb = "enabling" if options.enabled_sources else "disabling"
    for source in (*options.enabled_sources, *options.disabled_sources):
        if source not in SOURCES:
            raise UsageError("E601", f"Attempted {verb} an unknown event source: {source}", hint=known)
    if set(options.disabled_sources) >= SOURCES:
        raise UsageError("E601", "Must enable at least one event source", hint=known)


# -- watching ----------------------------------------------------------------------------------------------------------


def _arguments(options: Options, found: Given, command: str) -> argparse.Namespace:
    """Return the arguments of ``tiercel run`` or ``tiercel replay`` for the same configuration and rules."""
    words = [f"--option={option}" for option in options.options]
    words += [f"--rules={path}" for path in options.rules]
    words += [f"--config={found.path}"] if found.path is not None else []
    words += [f"--print={options.print}"] if options.print else []
    if command == "run":
        words += [f"--duration={options.seconds}"] if options.seconds else []
        words += ["--", *options.command] if options.command else []
    return cli.command_parser(command, cli.load(command)).parse_args(words)


def _dry_run(options: Options, found: Given) -> int:
    """Load the rules, open and close the outputs, print warnings as a run does, and print the counters."""
    config = replace(found.config, rules_files=()) if options.rules else found.config
    rules = load_rules(config, *rule_paths(options.rules))
    Delivery(alerting.outputs(_arguments(options, found, "run"), config), report).close()
    alerting.remark(rules, config)
    print(summary(rules.rules, Stats()), end="")
    return EXIT_OK


def _process(options: Options, found: Given) -> int:
    """Watch, or replay a capture, to the end."""
    if found.config.replays and options.command:
        hint = "leave out the command, or set engine.kind to modern_ebpf"
        raise UsageError("E601", "engine.kind is replay: there is no command to watch", hint=hint)
    if options.pidfile:
        _write_pid(options.pidfile)
    started = time.monotonic()
    live = not found.config.replays

    def finished(rules: Iterable[Rule], stats: Stats) -> None:
        if options.verbose:
            print(rates(stats, time.monotonic() - started, live=live), end="", file=sys.stderr)
        print(summary(rules, stats), end="")

    args = _arguments(options, found, "run" if live else "replay")
    args.finished = finished
    if not live:
        args.until_ns = _end_of_capture(options, found)
        return replay.evaluate(found.config.capture_file, args, found.config)
    status = cli.load("run").run(args)
    return EXIT_OK if status == EXIT_INTERRUPTED and not options.command else status


def _end_of_capture(options: Options, found: Given) -> int | None:
    """Return the time at which ``-M`` ends a replay, by the time of the capture's first event."""
    if not options.seconds:
        return None
    if found.config.capture_file == STDIN:
        raise UsageError("E601", "-M needs a capture that can be read twice, not standard input", hint="save it first")
    with open_capture(found.config.capture_file) as capture:
        first = next(capture, None)
    return None if first is None else first.time_ns + options.seconds * 1_000_000_000


def _write_pid(path: str) -> None:
    """Write the process id into a file.

    Raises:
        OutputError: E802, the file cannot be written.
    """
    try:
        fd = open_private(path)
        with os.fdopen(fd, "w") as file:
            os.fchmod(fd, 0o644)
            file.write(str(os.getpid()))
    except OSError as error:
        text = f"Could not write pid to pidfile {path}: {error.strerror or error}"
        raise OutputError("E802", text, hint="the folder must exist, and be writable") from error
