# SPDX-License-Identifier: Apache-2.0
"""tiercel check: load rule files, compile them, and report errors and warnings with their place and a hint.

Notes report the cost of rules for a live sensor; they do not affect the exit status.
"""

from __future__ import annotations

import argparse
import json
from typing import Final

from tiercel import compiler
from tiercel.cli.rule_paths import rule_paths
from tiercel.escaping import visible_json, visible_lines
from tiercel.rules import RuleFiles, load_files

EXAMPLES = """\
  tiercel check rules.yaml               one file
  tiercel check base.yaml local.d/       several, in order; of a folder, its *.yaml in name order
  make-rules | tiercel check -           rules from standard input
  tiercel check --strict rules.yaml      warnings count as errors
  tiercel check --json rules.yaml | jq '.diagnostics[].code'

exit status: 0 no errors, 1 errors (with --strict: or warnings), 2 wrong usage.
Codes E… are errors, W… warnings, N… notes; `falco_code` in JSON is what Falco calls the same finding.
"""


_SHOWN: Final = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", nargs="+", metavar="RULES", help="rule files and folders, loaded in order as one set")
    parser.add_argument("--strict", action="store_true", help="exit 1 on warnings too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the findings; 1 if there is an error among them."""
    files = load_files(rule_paths(args.paths))
    compiled = compiler.build(files)
    errors = sum(found.severity == "error" for found in compiled.diagnostics)
    warnings = len(compiled.diagnostics) - errors
    passed = errors == 0 and not (args.strict and warnings)
    if args.json:
        counts = {"passed": passed, "strict": args.strict, "errors": errors, "warnings": warnings}
        print(visible_json(json.dumps(counts | _summary(files, compiled), indent=2, ensure_ascii=False)))
    else:
        for found in (*compiled.diagnostics, *compiled.notes):
            print(found, end="\n\n")
        if compiled.always:
            print(visible_lines(_always(compiled.always)), end="\n\n")
        what = ", ".join(_count(len(part), name) for part, name in _parts(files))
        print(f"{'passed' if passed else 'failed'}: {_count(errors, 'error')}, {_count(warnings, 'warning')} in {what}")
    return 0 if passed else 1


def _parts(files: RuleFiles) -> tuple[tuple[tuple[object, ...], str], ...]:
    return (files.stages, "file"), (files.rules, "rule"), (files.macros, "macro"), (files.lists, "list")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _always(names: tuple[str, ...]) -> str:
    """Report the rules that are evaluated for every event."""
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    these = "rule requires" if len(names) == 1 else "rules require"
    return (
        f"note: {len(names)} {these} nothing rare, such as a name or a path, so that every event of a frequent type is"
        f" held against {'it' if len(names) == 1 else 'them'}: {shown}{more}"
    )


def _summary(files: RuleFiles, compiled: compiler.Compiled) -> dict[str, object]:
    return {
        "files": [stage.file for stage in files.stages],
        "rules": len(files.rules),
        "macros": len(files.macros),
        "lists": len(files.lists),
        "diagnostics": [found.to_dict() for found in compiled.diagnostics],
        "always_tried": [*compiled.always],
        "notes": [found.to_dict() for found in compiled.notes],
    }
