# SPDX-License-Identifier: Apache-2.0
"""Command line: one list of subcommands, one way to report errors.

A subcommand is a module of this package that follows :class:`Command`. It is imported only when the user names it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol, cast

from tiercel.cli.streams import discard_stdout, prepare, text_of
from tiercel.errors import CaptureError, KernelError, RulesError, TiercelError, UsageError
from tiercel.escaping import visible, visible_lines

__all__ = ["COMMANDS", "EXIT_FAILED", "EXIT_INTERRUPTED", "EXIT_OK", "EXIT_USAGE", "Command", "main", "report"]

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class Command(Protocol):
    """Protocol of a module ``tiercel.cli.<name>``. Its docstring is the description in ``tiercel <name> --help``."""

    __doc__: str | None
    EXAMPLES: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of the command."""

    def run(self, args: argparse.Namespace) -> int:
        """Run the command and return its exit status. Raises ``TiercelError`` for everything a user can cause."""


# Name and summary, in the order of `tiercel --help`.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("run", "watch the live kernel and print an alert for each match"),
    ("record", "write a capture file (.scap) of what happens"),
    ("replay", "evaluate rules over a capture file (.scap)"),
    ("check", "load rule files and report errors and warnings"),
    ("explain", "show what rules compile to, or which check keeps an event from matching"),
    ("test", "run tests of rules: events that must match, and events that must not"),
    ("rules", "list the rules of some files: where they come from, what changes what"),
    ("fields", "list the fields that conditions and outputs can use"),
    ("events", "list the events and their params"),
    ("operators", "list the operators, modifiers and transformers of conditions"),
    ("falco", "take the arguments of Falco, and do what Falco does"),
    ("bench", "measure how fast rules are evaluated, and what a live sensor costs"),
    ("doctor", "tell whether the live sensor can run here, and what to change"),
)

_EPILOG = """\
examples:
  tiercel run                                    watch this machine with the packaged rules (as root)
  tiercel run -r rules.yaml -- ./install.sh      watch one command and all that it starts
  tiercel run --json --duration 60 > alerts      one JSON object a line, for a minute
  tiercel record out.scap -- make                a capture of one command, for `tiercel replay`
  tiercel check rules.yaml                       find mistakes in a rule file; needs no privileges
  tiercel explain --event event.yaml rules.yaml  which check keeps an event from matching, and the value it saw
  tiercel test tests/                            events that must match, and events that must not
  tiercel fields proc                            what proc.* fields mean
  tiercel doctor                                 why the live sensor does not start

exit status: 0 done, 1 it failed, 2 wrong usage or rules, 130 interrupted.
Alerts go to standard output, everything else to standard error.
"""


class _Parser(argparse.ArgumentParser):
    """Parser that raises :class:`UsageError`, so that all errors have one format.

    For subcommands with a COMMAND, the words after `--` are the command, wherever options precede it.
    """

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        words = list(sys.argv[1:] if args is None else args)
        if "--" not in words or not any(action.dest == "command" and action.nargs == "*" for action in self._actions):
            return super().parse_known_args(words, namespace)
        at = words.index("--")
        found, rest = super().parse_known_args(words[:at], namespace)
        found.command = [*found.command, *words[at + 1 :]]
        return found, rest

    def error(self, message: str) -> NoReturn:
        from tiercel.cli.falco_flags import hint_for_unknown

        hint = hint_for_unknown(message) or f"`{self.prog} --help` shows what it takes"
        raise UsageError("E601", message, hint=hint)


def main_parser() -> argparse.ArgumentParser:
    from importlib.metadata import version  # slow to import, and no command needs it

    width = max(len(name) for name, _ in COMMANDS)
    listing = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS)
    parser = _Parser(
        prog="tiercel",
        usage="tiercel [--version] COMMAND …",
        description="Runtime threat detection: runs Falco rule files against the live kernel.\n\n"
        f"commands:\n{listing}\n\n`tiercel COMMAND --help` describes one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tiercel {version('tiercel')}")
    parser.add_argument("command", choices=[name for name, _ in COMMANDS], help=argparse.SUPPRESS)
    return parser


def load(name: str) -> Command:
    return cast("Command", importlib.import_module(f"tiercel.cli.{name}"))


def command_parser(name: str, command: Command) -> argparse.ArgumentParser:
    description = (command.__doc__ or "").partition(": ")[2] or command.__doc__
    parser = _Parser(
        prog=f"tiercel {name}",
        description=description,
        epilog=f"examples:\n{command.EXAMPLES}" if command.EXAMPLES else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    return parser


def _dispatch(argv: Sequence[str]) -> int:
    names = [name for name, _ in COMMANDS]
    if argv and argv[0] in names:
        command = load(argv[0])
        parser = command_parser(argv[0], command)
        if "--" in argv and list(argv).index("--") == len(argv) - 1:
            parser.error("nothing follows `--`")  # an empty variable: `run` would watch the whole machine instead
        return command.run(parser.parse_args(argv[1:]))
    parser = main_parser()
    if not argv:
        parser.print_help()
        return EXIT_OK
    if not argv[0].startswith("-"):
        raise UsageError(
            "E601", f"there is no command {argv[0]!r}", hint=f"the commands are {', '.join(names)}; `tiercel --help`"
        )
    if argv[0] not in {"-h", "--help", "--version"}:
        from tiercel.cli.falco_flags import hint_for

        raise UsageError("E601", f"{argv[0]} stands where a command is expected", hint=hint_for(argv))
    parser.parse_args(argv)
    return EXIT_OK


def report(error: TiercelError) -> None:
    """Print ``error`` to standard error: what, where, and what to do about it."""
    if isinstance(error, RulesError):
        print("\n".join(str(diagnostic) for diagnostic in error.diagnostics), file=sys.stderr)
        return
    log = error.excerpt if isinstance(error, KernelError) else []
    if isinstance(error, KernelError) and error.log and os.environ.get("TIERCEL_DEBUG"):
        print(visible_lines(error.log.rstrip()), file=sys.stderr)
        log = []
    place = f"{error.span.file}:{error.span.line}:{error.span.column}: " if error.span is not None else ""
    if isinstance(error, CaptureError):
        place = f"{error.name}: byte {error.offset}: "
    print(visible(f"tiercel: {place}error[{error.code}]: {error.text}"), file=sys.stderr)
    for line in log:
        print(visible(f"  log: {line}"), file=sys.stderr)
    if error.hint:
        print(visible_lines(f"  hint: {error.hint}"), file=sys.stderr)


def _guarded(argv: Sequence[str]) -> int:
    """Run the command; turn every exception into a message and an exit status."""
    try:
        try:
            status = _dispatch(argv)
        except SystemExit:  # --help and --version
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return status
    except (RulesError, UsageError) as error:
        report(error)
        return EXIT_USAGE
    except TiercelError as error:
        report(error)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        discard_stdout()  # the reader has gone
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a user never sees a traceback unasked
        known = text_of(error)
        if known is not None:
            report(known)
            try:
                sys.stdout.flush()
            except (OSError, ValueError):
                discard_stdout()
            return EXIT_FAILED
        if os.environ.get("TIERCEL_DEBUG"):
            traceback.print_exc()
        print(visible_lines(f"tiercel: internal error: {type(error).__name__}: {error}"), file=sys.stderr)
        print("  hint: please report this; TIERCEL_DEBUG=1 prints where it happened", file=sys.stderr)
        return EXIT_FAILED


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``tiercel`` with ``argv`` (by default the process's arguments) and return the exit status."""
    prepare()
    return _guarded(sys.argv[1:] if argv is None else argv)
