# SPDX-License-Identifier: Apache-2.0
"""tiercel falco: take the arguments of Falco 0.44, and do what Falco does with them.

A unit file, the arguments of a container or a script changes one word: `falco` becomes `tiercel falco`. The exit status
is Falco's: 0, or 1 after any error.
"""

from __future__ import annotations

import argparse

from tiercel.cli import EXIT_FAILED
from tiercel.errors import CaptureError, KernelError, RulesError, TiercelError

EXAMPLES = """\
  tiercel falco                                       as Falco's unit file does: /etc/falco/falco.yaml
  tiercel falco -c falco.yaml -r rules.yaml -o json_output=true
  tiercel falco -V rules.yaml                         check a rule file
  tiercel falco -c falco.yaml -L                      all rules, with their descriptions
  tiercel falco -c falco.yaml --dry-run               everything but watching
  tiercel falco -c falco.yaml -- ./install.sh         one command and what it starts; Falco has no such form
"""

# No character begins an option of argparse: the words are Falco's, and have their own parser.
_NO_OPTIONS = "\0"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: all words, among them those of a command after ``--``."""
    parser.prefix_chars = _NO_OPTIONS
    parser.add_argument("words", nargs=argparse.REMAINDER)


def run(args: argparse.Namespace) -> int:
    """Perform the action that the words select; print errors in Falco's form."""
    from tiercel.cli.falco.actions import perform
    from tiercel.cli.falco.log import say_error
    from tiercel.cli.falco.rule_files import error_text

    try:
        return perform(args.words)
    except RulesError as error:
        say_error(error_text(error))
    except TiercelError as error:
        say_error(_text(error))
    return EXIT_FAILED


def _text(error: TiercelError) -> str:
    """Return an error with its place, code, lines of the log and hint."""
    place = f"{error.span.file}:{error.span.line}:{error.span.column}: " if error.span is not None else ""
    if isinstance(error, CaptureError):
        place = f"{error.name}: byte {error.offset}: "
    log = "".join(f"\n  log: {line}" for line in error.excerpt) if isinstance(error, KernelError) else ""
    hint = f"\n  hint: {error.hint}" if error.hint else ""
    return f"{place}{error.text} [{error.code}]{log}{hint}"
