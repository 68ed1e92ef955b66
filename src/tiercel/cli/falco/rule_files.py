# SPDX-License-Identifier: Apache-2.0
"""Actions of ``tiercel falco`` on rule files: ``-V``, ``-L``, ``-l``, and the check before a start."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, Final

from tiercel import compiler
from tiercel.cli.falco import describe
from tiercel.cli.falco.describe import Loaded, described
from tiercel.cli.falco.load_results import load_each, result_of
from tiercel.cli.falco.log import Log
from tiercel.cli.falco.options import Options
from tiercel.cli.falco.settings import Given
from tiercel.cli.rule_paths import STDIN, rule_paths
from tiercel.engine.configured_rules import rules_paths
from tiercel.engine.ruleset import packaged_sets
from tiercel.errors import RulesError, UsageError
from tiercel.escaping import visible_json, visible_lines
from tiercel.rules import Content, RuleFiles, load_files
from tiercel.rules.files import FileProblem, read_bytes

__all__ = ["announce", "contents_of", "describe_rules", "error_text", "load", "require_rules", "validate"]

_NO_RULES: Final = "You must specify at least one rules file/directory via -r or a rules_file entry in falco.yaml"


def dumped(data: object) -> str:
    """Return JSON on one line with sorted keys, as Falco prints it."""
    return visible_json(json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def validate(options: Options, given: Given, log: Log) -> str | None:
    """Print the results of ``-V``; return the text of the error, or None if all files are valid.

    Raises:
        UsageError: E602, a file cannot be read.
    """
    contents = [_content(path) for path in options.validate]
    log.info("Validating rules file(s):")
    for content in contents:
        log.info(f"   {content.name}")
    results, files, checked = load_each(contents, given.additions)
    invalid = not all(result.successful for result in results)
    summary = "\n".join(
        result.status if result.successful and result.warnings else result.as_text() for result in results
    )
    description = None
    if not invalid and _wants_description(options):
        description = described(Loaded(files, checked, contents, given.additions), options.describe_rule or None)
    if given.config.json_output:
        data: dict[str, Any] = {"falco_load_results": [result.as_json() for result in results]}
        print(dumped(data if description is None else {**data, "falco_describe_results": description}))
    else:
        print(summary)
        if description is not None:
            print(f"\n{visible_lines(describe.text_of(description))}", end="")
    for result in results:
        if result.successful and result.warnings:
            log.warning(result.as_text())
    return summary if invalid else None


def _wants_description(options: Options) -> bool:
    return options.describe_all or bool(options.describe_rule)


def _content(path: str) -> Content:
    """Return a file of ``-V``, which is no folder."""
    if path == STDIN:
        return Content("<stdin>", sys.stdin.buffer.read())
    try:
        return Content(path, read_bytes(path))
    except FileProblem as problem:
        text = f"Could not open file {path} for reading: {problem.text}"
        raise UsageError("E602", text, hint=problem.hint or None) from problem


def require_rules(options: Options, given: Given) -> None:
    """Refuse to go on without rule files, as Falco does.

    Raises:
        UsageError: E601, neither the options nor the configuration name any.
    """
    if not options.rules and not given.config.rules_files:
        raise UsageError("E601", _NO_RULES, hint="`tiercel run` uses packaged rules by default")


def announce(options: Options, given: Given, log: Log) -> None:
    """Log the rule files and folders of a run."""
    log.info("Loading rules from:")
    for path in options.rules or _configured(given):
        log.info(f"   {path}")


def _configured(given: Given) -> tuple[str, ...]:
    """Return the rule files of the configuration that exist; the packaged ones if none does."""
    return rules_paths(given.config) or tuple(map(str, packaged_sets()))


def load(options: Options, given: Given) -> Loaded:
    """Load the rules of a run for their description.

    Raises:
        RulesError: a file has an error.
    """
    paths = rule_paths(options.rules) or [*_configured(given)]
    files = load_files(paths)
    checked = compiler.check_rules(files, additions=given.additions)
    if checked.has_errors:
        raise RulesError(checked.diagnostics)
    return Loaded(files, checked, contents_of(paths, files), given.additions)


def contents_of(paths: Iterable[str | Content], files: RuleFiles) -> list[Content]:
    """Return the contents of the files that were loaded, in order; a file that has vanished since is left out."""
    known = {path.name: path for path in paths if isinstance(path, Content)}
    return [content for stage in files.stages if (content := known.get(stage.file) or _read(stage.file)) is not None]


def _read(path: str) -> Content | None:
    try:
        return Content(path, read_bytes(path))
    except FileProblem:
        return None


def describe_rules(options: Options, given: Given) -> None:
    """Print the description of all rules, or of one."""
    description = described(load(options, given), options.describe_rule or None)
    if given.config.json_output:
        print(dumped(description))
    else:
        print(visible_lines(describe.text_of(description)), end="")


def error_text(error: RulesError) -> str:
    """Return an error of rules in Falco's form: the file, its errors, and its warnings."""
    errors = [found for found in error.diagnostics if found.severity == "error"]
    name = errors[0].file
    found = [one for one in error.diagnostics if one.file == name]
    content = _read(name) or Content(name, b"")
    result = result_of(name, found, [content])
    return result.as_text() if result.errors else "\n".join(map(str, errors))
