# SPDX-License-Identifier: Apache-2.0
"""The programs of the suite, one per technique, and what their first comment lines say about them.

# technique: one line about what the program does
# alert: name of the rule that must raise an alert
# field: proc.exepath=/usr/bin/dash      a field of that alert; `*` stands for any characters; any number of lines
# needs: socat                           a program that this machine must have; any number of lines
"""

from __future__ import annotations

import fnmatch
import shutil
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Program:
    """One program of the suite.

    Attributes:
        path: the program; its stem names it.
        technique: one line about what it does.
        alert: the rule that must raise an alert.
        fields: patterns of fields of that alert.
        needs: programs that it runs.
    """

    path: Path
    technique: str
    alert: str
    fields: dict[str, str]
    needs: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the file without its ending."""
        return self.path.stem

    @property
    def problem(self) -> str | None:
        """Why it cannot run on this machine, or None if it can."""
        missing = [need for need in self.needs if shutil.which(need) is None]
        return f"{', '.join(missing)} not installed" if missing else None

    def fits(self, fields: dict[str, object]) -> bool:
        """Return whether an alert has the values that this program must cause."""
        return all(fnmatch.fnmatchcase(str(fields.get(name)), value) for name, value in self.fields.items())


def read(path: Path) -> Program:
    """Read the comment lines of a program."""
    marks: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        name, colon, value = line.removeprefix("# ").partition(": ")
        if line.startswith("# ") and colon:
            marks.setdefault(name, []).append(value.strip())
    fields = dict(field.split("=", 1) for field in marks.get("field", []))
    return Program(path, marks["technique"][0], marks["alert"][0], fields, tuple(marks.get("needs", [])))


def programs() -> list[Program]:
    """Return all programs, by name."""
    return [read(path) for path in sorted(PROGRAMS.iterdir()) if path.suffix in {".py", ".sh"}]
