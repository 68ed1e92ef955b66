# SPDX-License-Identifier: Apache-2.0
"""Tests of rules as items of pytest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tiercel.errors import RulesError
from tiercel.testing.messages import problem_lines
from tiercel.testing.model import Case
from tiercel.testing.running import Library, RuleTests

__all__ = ["RuleCase", "RuleFile"]

_LIBRARY: Final = pytest.StashKey[Library]()


class RuleFile(pytest.File):
    """A file with tests of rules."""

    def collect(self) -> Iterable[pytest.Item]:
        """Return the tests; what is wrong with the file is an error of collection."""
        library = self.config.stash.setdefault(_LIBRARY, Library())
        try:
            tests = RuleTests(self.path, library)
        except RulesError as error:
            raise self.CollectError(str(error)) from error
        return [RuleCase.from_parent(self, name=case.name, tests=tests, case=case) for case in tests.suite.cases]


class RuleCase(pytest.Item):
    """One test."""

    def __init__(self, *, tests: RuleTests, case: Case, **options: Any) -> None:
        super().__init__(**options)
        self._tests = tests
        self._case = case

    def runtest(self) -> None:
        """Run it."""
        problems = self._tests.run(self._case)
        if problems:
            raise _FailedError("\n".join(problem_lines(self._case, problems)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell a failure as ``tiercel test`` does."""
        if isinstance(excinfo.value, (_FailedError, RulesError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands."""
        return self.path, self._case.line - 1, self._case.name


class _FailedError(Exception):
    """Something came out differently; the text says what."""
