# SPDX-License-Identifier: Apache-2.0
"""tiercel test: run tests of rules: events that must match, and events that must not.

A file of tests is YAML. It names rule files (relative to itself; without any, the packaged rules are tested) and cases:
an event as a mapping of fields, and the rules that are expected to match.

  rules: [sensitive.yaml]
  defaults: {evt.type: openat, evt.failed: false}     # fields that all events have
  cases:
    - name: cat reads the password file
      event: {fd.name: /etc/shadow, proc.name: cat}
      expect: Sensitive file read                     # these rules match, and no others
    - name: the password program may
      event: {fd.name: /etc/shadow, proc.name: passwd}
      expect: none

Keys of a file: rules, enable, disable (names, `*` stands for anything), path_matching, defaults, cases. Of a case:
name, event or events, expect (names, or mappings with rule, priority, output, fields), not (rules that must not match).
Nothing is needed but the rules: no kernel, no privileges. pytest collects files whose name ends in .tiercel-test.yaml.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tiercel.cli import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from tiercel.errors import RulesError, UsageError
from tiercel.escaping import visible_json, visible_lines
from tiercel.lang.diagnostics import Diagnostic
from tiercel.rules.files import FileProblem, read_bytes
from tiercel.testing.messages import problem_data, problem_lines
from tiercel.testing.model import Case
from tiercel.testing.running import Library, Problem, RuleTests

EXAMPLES = """\
  tiercel test tests/                    every file of tests below a folder: YAML with `cases:`
  tiercel test -v shadow.yaml            one file; name each test
  tiercel test -k 'reads' tests/         only tests whose name contains this
  tiercel test --json tests/ | jq '.cases[] | select(.passed | not) .name'

exit status: 0 all passed, 1 some failed, 2 wrong usage, files or rules.
"""

_CASES: Final = re.compile(rb"^cases[ \t]*:", re.MULTILINE)


@dataclass
class _Run:
    """Results so far."""

    passed: int = 0
    failed: list[tuple[RuleTests, Case, tuple[Problem, ...]]] = field(default_factory=list)
    wrong: list[Diagnostic] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files of tests, and folders of them")
    parser.add_argument("-k", dest="words", metavar="TEXT", default="", help="only tests whose name contains TEXT")
    parser.add_argument("-v", "--verbose", action="store_true", help="name each test")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Run the tests; return whether all passed."""
    began = time.monotonic()
    library, done = Library(), _Run()
    for path in _files(args.paths):
        _run_file(path, library, done, args)
    if args.json:
        print(visible_json(json.dumps(_summary(done), indent=2, ensure_ascii=False)))
    else:
        print(visible_lines("\n".join(_report(done, time.monotonic() - began))))
    if done.wrong:
        return EXIT_USAGE
    if not done.passed and not done.failed:
        raise UsageError("E601", "there are no tests" + (f" called {args.words!r}" if args.words else ""))
    return EXIT_FAILED if done.failed else EXIT_OK


def _files(given: Sequence[str]) -> Iterator[Path]:
    """Yield the files of tests: of a folder, the YAML files below it that have ``cases:``, in the order of names."""
    for name in given:
        path = Path(name)
        if not path.is_dir():
            yield path
            continue
        found = [file for file in sorted(path.rglob("*.y*ml")) if file.suffix in {".yaml", ".yml"} and _has_cases(file)]
        if not found:
            raise UsageError("E601", f"there are no tests below {name}", hint="a file of tests is YAML with `cases:`")
        yield from found


def _has_cases(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        return _CASES.search(read_bytes(path)) is not None
    except FileProblem:
        return True  # reading it again reports the problem with its place


def _run_file(path: Path, library: Library, done: _Run, args: argparse.Namespace) -> None:
    try:
        _run_cases(path, RuleTests(path, library), done, args)
    except RulesError as error:
        done.wrong.extend(found for found in error.diagnostics if found.severity == "error")
        if not args.json:
            print(visible_lines(f"{path} cannot be run"))


def _run_cases(path: Path, tests: RuleTests, done: _Run, args: argparse.Namespace) -> None:
    cases = [case for case in tests.suite.cases if args.words in case.name]
    marks = ""
    for case in cases:
        problems = tests.run(case)
        if problems:
            done.failed.append((tests, case, problems))
        else:
            done.passed += 1
        done.cases.append(_case_data(tests, case, problems))
        marks += "F" if problems else "."
        if args.verbose and not args.json:
            print(visible_lines(f"{path}:{case.line}: {case.name} {'FAILED' if problems else 'passed'}"))
    if cases and not args.verbose and not args.json:
        print(visible_lines(f"{path} {marks}"))


def _report(done: _Run, seconds: float) -> Iterator[str]:
    yield ""
    for tests, case, problems in done.failed:
        yield f"FAILED {tests.suite.file}:{case.line}: {case.name}"
        yield from (f"  {line}" for line in problem_lines(case, problems))
        yield ""
    for found in done.wrong:
        yield f"{found}\n"
    counts = ((len(done.failed), "failed"), (done.passed, "passed"), (len(done.wrong), "wrong in the files"))
    shown = ", ".join(f"{count} {what}" for count, what in counts if count)
    yield f"{shown or 'no tests'} in {seconds:.2f} s"


def _summary(done: _Run) -> dict[str, Any]:
    return {
        "passed": done.passed,
        "failed": len(done.failed),
        "cases": done.cases,
        "diagnostics": [found.to_dict() for found in done.wrong],
    }


def _case_data(tests: RuleTests, case: Case, problems: tuple[Problem, ...]) -> dict[str, Any]:
    return {
        "file": tests.suite.file,
        "line": case.line,
        "name": case.name,
        "passed": not problems,
        "problems": [problem_data(problem) for problem in problems],
    }
