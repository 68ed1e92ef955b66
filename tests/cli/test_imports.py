# SPDX-License-Identifier: Apache-2.0
"""Imports of commands: slow modules are imported only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each takes some 5 to 25 ms, most of it for modules that it imports itself.
SLOW = frozenset({"asyncio", "dataclasses", "email", "importlib.metadata", "inspect", "ssl", "zipfile"})


def imported(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("command", ["run", "check", "replay"])
def test_a_command_imports_nothing_slow_that_it_does_not_need(command: str) -> None:
    assert SLOW.isdisjoint(imported(f"import tiercel.cli.{command}") - imported("pass"))


def test_names_of_the_package_are_imported_when_they_are_used() -> None:
    assert {name for name in imported("import tiercel") if name.startswith("tiercel.")} == set()
    assert SLOW.isdisjoint(imported("import tiercel; tiercel.Sensor, tiercel.Ruleset") - imported("pass"))
