# SPDX-License-Identifier: Apache-2.0
"""Installations of tiercel under measurement, and the agents that run in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from tiercel.errors import KernelError, TiercelError, UsageError

__all__ = ["AGAINST", "THIS", "AgentProcess", "Installation"]

THIS: Final = "this"
AGAINST: Final = "against"

_AGENT: Final = Path(__file__).with_name("agent.py")
_PACKAGE: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Installation:
    """A Python that has tiercel.

    Attributes:
        label: ``this`` or ``against``.
        python: the interpreter.
        folder: what goes in front of its module path; None for an interpreter that finds tiercel by itself.
    """

    label: str
    python: str
    folder: Path | None

    @classmethod
    def this(cls) -> Installation:
        """Return the running installation."""
        return cls(THIS, sys.executable, _PACKAGE)

    @classmethod
    def against(cls, place: str) -> Installation:
        """Return another one: a Python interpreter, or a folder with a package ``tiercel`` in it or in its ``src``.

        Raises:
            UsageError: E607, neither exists.
        """
        path = Path(place).absolute()
        for folder in (path, path / "src"):
            if (folder / "tiercel" / "__init__.py").is_file():
                return cls(AGAINST, sys.executable, folder)
        for interpreter in (path, path / "bin" / "python"):
            if interpreter.is_file() and os.access(interpreter, os.X_OK):
                return cls(AGAINST, str(interpreter), None)
        hint = "give the python of a virtual environment that has tiercel, or a source tree that is built"
        raise UsageError("E607", f"{place} is neither a Python interpreter nor a folder with tiercel", hint=hint)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes: no other module path than its own."""
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return variables if self.folder is None else {**variables, "PYTHONPATH": str(self.folder)}

    def command(self, *arguments: str) -> list[str]:
        """The command line of ``tiercel`` with some arguments."""
        return [self.python, "-m", "tiercel", *arguments]


class AgentProcess:
    """Running agent; a context manager that ends it."""

    def __init__(self, installation: Installation) -> None:
        """Start the agent.

        Raises:
            TiercelError: E602, it does not start.
        """
        self.installation = installation
        self._process = subprocess.Popen(
            [installation.python, "-c", _AGENT.read_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env=installation.environment,
            start_new_session=True,  # Ctrl-C is handled by the parent
        )
        self.about = self.ask("about")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a request and wait for the response.

        Raises:
            TiercelError: what the agent's own code raised, or E602 if it has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answer = ""
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        if not answer:
            self._process.communicate()
            where = f"{self.installation.python}, status {self._process.returncode}"
            raise TiercelError("E602", f"the measured process ended ({where})")
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            kind, code, text, hint = found["error"]
            raise _error(kind, code, text, hint)
        return found

    def __enter__(self) -> AgentProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()
        if self._process.returncode is None:
            self._process.communicate()


def _error(kind: str, code: str, text: str, hint: str | None) -> TiercelError:
    """Convert an agent's error to one of this process; errors of the user and of the kernel keep their classes."""
    if kind == "KernelError":
        return KernelError(code, text, hint=hint)
    if kind == "RulesError":
        return UsageError(code, f"the rules cannot be used: {text}", hint="`tiercel check` shows where and why")
    return UsageError(code, text, hint=hint) if kind == "UsageError" else TiercelError(code, text, hint=hint)
