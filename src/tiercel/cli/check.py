# SPDX-License-Identifier: Apache-2.0
"""tiercel check: load rule files, compile them, and report errors and warnings with their place and a hint.

With -c or -o it checks a configuration, too, with the rules that it names; it needs no root and no kernel. Notes report
the cost of rules for a live sensor and settings without effect; they do not affect the exit status.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tiercel import compiler
from tiercel.cli.check_config import CheckedConfig, check_config, selections_without_effect
from tiercel.cli.rule_paths import rule_paths
from tiercel.engine.configured_rules import rules_paths
from tiercel.engine.ruleset import packaged_sets
from tiercel.errors import UsageError
from tiercel.escaping import visible, visible_json, visible_lines
from tiercel.rules import Content, RuleFiles, load_files

EXAMPLES = """\
  tiercel check rules.yaml               one file
  tiercel check base.yaml local.d/       several, in order; of a folder, its *.yaml in name order
  make-rules | tiercel check -           rules from standard input
  tiercel check --strict rules.yaml      warnings count as errors
  tiercel check -c falco.yaml            a configuration, and the rules that it names
  tiercel check -c falco.yaml -o 'rules_files[]=more.yaml'
  tiercel check --config-schema > tiercel.schema.json
  tiercel check --json rules.yaml | jq '.diagnostics[].code'

exit status: 0 no errors, 1 errors (with --strict: or warnings), 2 wrong usage.
Codes E… are errors, W… warnings, N… notes; `falco_code` in JSON is what Falco calls the same finding.
"""


_SHOWN: Final = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", nargs="*", metavar="RULES", help="rule files and folders, loaded in order as one set")
    parser.add_argument("-c", "--config", metavar="FILE", help="configuration; its rules_files are for lack of RULES")
    parser.add_argument("-o", "--option", action="append", default=[], metavar="KEY=VALUE", help="one setting of it")
    parser.add_argument("--config-schema", action="store_true", help="print the JSON schema of the configuration")
    parser.add_argument("--strict", action="store_true", help="exit 1 on warnings too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the findings; 1 if there is an error among them.

    Raises:
        UsageError: E601, there is nothing to check.
    """
    if args.config_schema:
        from tiercel.config.schema import config_schema

        print(visible_json(json.dumps(config_schema(), indent=2, ensure_ascii=False)))
        return 0
    has_config = args.config is not None or bool(args.option)
    if not args.paths and not has_config:
        raise UsageError("E601", "nothing to check", hint="for example `tiercel check rules.yaml` or `-c falco.yaml`")
    checked = check_config(args.config, args.option, reads_rules=not args.paths)
    files = load_files(_rules(args, checked))
    compiled = compiler.build(files, path_matching=checked.config.path_matching, additions=checked.additions)
    findings = (*checked.errors, *compiled.diagnostics)
    notes = checked.notes
    if not any(found.severity == "error" for found in findings):
        notes += selections_without_effect(checked.config, files)
    errors = sum(found.severity == "error" for found in findings)
    warnings = len(findings) - errors
    passed = errors == 0 and not (args.strict and warnings)
    if args.json:
        counts = {"passed": passed, "strict": args.strict, "errors": errors, "warnings": warnings}
        summary = counts | _summary(files, compiled) | {"diagnostics": [found.to_dict() for found in findings]}
        if has_config:
            summary |= {"config_files": [*checked.config.files], "config_notes": [*notes]}
        print(visible_json(json.dumps(summary, indent=2, ensure_ascii=False)))
    else:
        for found in (*findings, *compiled.notes):
            print(found, end="\n\n")
        for note in notes:
            print(visible(f"note: {note}"), end="\n\n")
        if compiled.always:
            print(visible_lines(_always(compiled.always)), end="\n\n")
        parts = [_count(len(part), name) for part, name in _parts(files)]
        read = [_count(len(checked.config.files), "configuration file")] if has_config else []
        what = ", ".join([*read, *parts])
        print(f"{'passed' if passed else 'failed'}: {_count(errors, 'error')}, {_count(warnings, 'warning')} in {what}")
    return 0 if passed else 1


def _rules(args: argparse.Namespace, checked: CheckedConfig) -> Sequence[str | Path | Content]:
    """Return the rule files to load: none if the configuration that they need cannot be read."""
    if not checked.is_read:
        return ()
    return rule_paths(args.paths) or rules_paths(checked.config) or packaged_sets()


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
        "always_tried": [*compiled.always],
        "notes": [found.to_dict() for found in compiled.notes],
    }
