# SPDX-License-Identifier: Apache-2.0
"""Exceptions that tiercel raises deliberately.

All derive from :class:`TiercelError`. They have a stable ``code``, a ``text`` with the problem, and optionally a
``hint`` with a remedy and a ``span`` with the position. Codes are never reused; their first digit is the area:

====  ==========================================
E1xx  syntax of rule files and conditions
E2xx  names and types in rules
E3xx  events: records and mappings
E4xx  kernel: privileges, loading, attaching
W5xx  lints of rules
E6xx  use: command line, configuration, life cycle
E7xx  sources
E8xx  outputs
E9xx  container engines
====  ==========================================

Codes of E1xx, E2xx and W5xx are listed in :mod:`tiercel.lang.diagnostics`, all others in :data:`CODES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from tiercel.escaping import visible, visible_lines

if TYPE_CHECKING:
    from tiercel.lang.diagnostics import Diagnostic

__all__ = [
    "CODES",
    "CaptureError",
    "ConfigError",
    "EngineError",
    "EventError",
    "KernelError",
    "OutputError",
    "RulesError",
    "SensorError",
    "SourceError",
    "Span",
    "TiercelError",
    "UsageError",
]

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "E301": "the bytes are not one whole event",
        "E302": "an event mapping has a key that is no field",
        "E303": "an event mapping has a value of the wrong type",
        "E304": "an event mapping lacks what an evaluation needs",
        "E401": "the privileges that the probe needs are missing",
        "E402": "the kernel has no BTF",
        "E403": "the BPF object is missing or cannot be read",
        "E404": "the BPF object and the extension were built from different schemas",
        "E405": "the kernel refused a BPF program",
        "E406": "the kernel refused a BPF map",
        "E407": "a BPF program could not be attached",
        "E408": "a ring buffer could not be set up",
        "E409": "the kernel lacks something that the probe needs",
        "E410": "the scope names a process or cgroup that is not there",
        "E411": "the processes that already run could not be listed",
        "E412": "the kernel refused a BPF operation",
        "E601": "the command line is wrong",
        "E602": "a file cannot be read or written",
        "E603": "the configuration has an unknown key",
        "E604": "the configuration has a wrong value",
        "E605": "the sensor is in a state that does not allow the call",
        "E606": "the command to watch could not be started",
        "E607": "an argument has a wrong value",
        "E608": "a plugin could not be loaded",
        "E609": "a limit of the system is reached: memory, threads or open files",
        "E610": "a file is no file of rule tests",
        "E611": "a file of rule tests has an unknown key",
        "E612": "a file of rule tests has a key twice",
        "E613": "an event of a rule test has a value of the wrong type",
        "E614": "an event of a rule test has no type",
        "E615": "a rule test names a rule that does not exist",
        "E616": "a file of rule tests has a value of the wrong form",
        "E617": "a file of rule tests lacks a key",
        "E618": "a rule test expects a rule that is switched off",
        "E619": "an event of a rule test cannot be evaluated",
        "E620": "a callback does not return",
        "E621": "the web server could not be started",
        "E701": "a source could not be opened",
        "E702": "a source has malformed content",
        "E703": "a capture is damaged",
        "E704": "a capture ends too early",
        "E705": "a file is no capture",
        "E706": "a capture has no events",
        "E707": "an event of a capture has an unknown form",
        "E708": "a capture could not be read",
        "E709": "a capture has an unknown version of the format",
        "E710": "a capture could not be written",
        "E801": "an output could not be opened",
        "E802": "an output could not be written",
        "E803": "an output does not return",
        "E804": "the queue or the spool of an output is full",
        "E805": "the spool of an output cannot be used",
        "E901": "a container engine does not respond",
        "E902": "a container engine sent an invalid response",
        "E903": "a container engine refuses requests",
        "E904": "a requirement for queries of a container engine or API server is missing",
        "E905": "the program that listens there is no container engine of this kind",
    }
)


class Span(Protocol):
    """Position in a rule or configuration file; lines and columns count from 1."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class TiercelError(Exception):
    """Base of all errors that tiercel raises deliberately.

    Attributes:
        code: stable code, for example ``"E405"``.
        text: the problem, as one sentence without a full stop.
        hint: a remedy, or None.
        span: position in a file, or None.
    """

    def __init__(self, code: str, text: str, *, hint: str | None = None, span: Span | None = None) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.hint = hint
        self.span = span

    def __str__(self) -> str:
        place = f"{self.span.file}:{self.span.line}:{self.span.column}: " if self.span is not None else ""
        hint = f"\n  hint: {visible_lines(self.hint)}" if self.hint else ""
        return f"{visible(f'{place}{self.text}')} [{self.code}]{hint}"


class RulesError(TiercelError):
    """Rules that cannot be loaded or compiled.

    Attributes:
        diagnostics: every finding, errors and warnings, in file order; never empty. The exception's own code, text and
            hint are those of the first error among them.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        if not diagnostics:
            raise ValueError("RulesError needs at least one diagnostic")
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        first = next((d for d in self.diagnostics if d.code.startswith("E")), self.diagnostics[0])
        super().__init__(first.code, first.text, hint=first.hint)
        self.args = (self.diagnostics,)

    def __str__(self) -> str:
        return "\n".join(str(diagnostic) for diagnostic in self.diagnostics)


class EventError(TiercelError):
    """E3xx: an invalid event."""


_EXCERPT_LINES: Final = 4
_EXCERPT_WIDTH: Final = 200  # characters; a line of the verifier's state of all registers can be much longer
# The verifier's summary, and libbpf's last line, which names no program.
_NO_REASON: Final = ("processed ", "libbpf: failed to load object")
_REFUSED: Final = re.compile(r"^libbpf: prog '([^']+)': (?:BPF program load|failed|relo)", re.MULTILINE)


class KernelError(TiercelError):
    """E4xx: the kernel refused an operation, or lacks a feature.

    Attributes:
        errno: positive error number of the failed call, or None.
        log: log of the BPF verifier or libbpf, or an empty text.
    """

    def __init__(
        self,
        code: str,
        text: str,
        *,
        errno: int | None = None,
        log: str = "",
        hint: str | None = None,
        span: Span | None = None,
    ) -> None:
        super().__init__(code, text, hint=hint, span=span)
        self.errno = errno
        self.log = log

    @property
    def program(self) -> str:
        """Name of the BPF program that the kernel refused; empty if the log names none."""
        found = _REFUSED.findall(self.log)
        return found[-1] if found else ""

    @property
    def excerpt(self) -> list[str]:
        """The last lines of the log that give the reason, at most 4 of 200 characters: the verifier's, or libbpf's."""
        _, _, verifier = self.log.rpartition("-- BEGIN PROG LOAD LOG --\n")
        lines = [line.strip() for line in verifier.partition("-- END PROG LOAD LOG --")[0].splitlines()]
        wanted = [line for line in lines if line and not line.startswith(_NO_REASON)]
        return [line[:_EXCERPT_WIDTH] for line in wanted[-_EXCERPT_LINES:]]

    def __str__(self) -> str:
        text, _, hint = super().__str__().partition("\n")
        log = [visible(f"  log: {line}") for line in self.excerpt]
        return "\n".join([text, *log, *([hint] if hint else [])])


class UsageError(TiercelError):
    """E6xx: invalid use of the command line or the API; exit status 2."""


class ConfigError(UsageError):
    """E602 to E604: a configuration that cannot be read, or has an invalid key or value; exit status 2."""


class SensorError(TiercelError):
    """E605, E606, E620: the sensor is closed, already running, inherited through a fork, or its callback hangs."""


class SourceError(TiercelError):
    """E7xx: events cannot be read from a source."""


class CaptureError(SourceError):
    """E703 to E709: a capture that is unreadable or damaged. All events before the damage were delivered.

    Attributes:
        name: the capture's file name, ``-`` for standard input.
        offset: bytes from the start of the uncompressed capture to the damage.
    """

    def __init__(self, code: str, text: str, *, name: str = "", offset: int = 0, hint: str | None = None) -> None:
        super().__init__(code, text, hint=hint)
        self.name = name
        self.offset = offset

    def __str__(self) -> str:
        hint = f"\n  hint: {visible_lines(self.hint)}" if self.hint else ""
        return f"{visible(f'{self.name}: at byte {self.offset}: {self.text}')} [{self.code}]{hint}"


class OutputError(TiercelError):
    """E8xx: alerts cannot be delivered to an output."""


class EngineError(TiercelError):
    """E9xx: a request to a container engine or the API server failed."""
