# SPDX-License-Identifier: Apache-2.0
"""Records every event of a process tree: a sensor with one rule per event, and runs of ``calls.c`` below it."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tiercel
from support import native
from support.calls import Running, Step, call
from support.expect import PathValue
from tiercel.schema.events import EVENTS

_RULE = """
- rule: {name}
  desc: every {name}
  condition: evt.type = {name}
  output: "{output}"
  priority: INFO
"""


# What the tests want to see of each event.  The fields of arguments also have the sensor collect what they need.
OUTPUT = " ".join(
    f"%{field}"
    for field in (
        *(
            "evt.args",
            "proc.env",
            "proc.cwd",
            "proc.sid",
            "fd.num",
            "fd.name",
            "fd.type",
            "fd.l4proto",
            "evt.is_io_uring",
            "evt.is_toctou",
            "evt.toctou_names",
        ),
        *("fd.cip", "fd.cport", "fd.sip", "fd.sport", "fd.lip", "fd.lport", "fd.rip", "fd.rport"),
    )
)


# Events that are recorded only where a test names them: there is no end of them, or no event has that name.
_ON_REQUEST = frozenset({"page_fault", "switch", "syscall"})

# The call that the program makes after its start-up, see calls.c.
_MARK = {"res": -errno.EBADF, "oldfd": -7, "newfd": -7}


def ruleset(*names: str) -> tiercel.Ruleset:
    """One rule for each of the named events, by default for nearly all, called like it."""
    names = names or tuple(event.name for event in EVENTS if not event.internal and event.name not in _ON_REQUEST)
    return tiercel.Ruleset.loads("".join(_RULE.format(name=name, output=OUTPUT) for name in names))


class Recorded:
    """One event: ``type``, ``params``, ``fields`` of its alert, ``time_ns`` since 1970, and what the header holds.

    Path params come in all their forms.
    """

    def __init__(self, alert: tiercel.Alert) -> None:
        self.type = alert.event.type
        self.header = alert.event.header
        self.params = dict(alert.event.params) | {
            name: PathValue(**forms) for name, forms in self.header["paths"].items()
        }
        self.fields = alert.fields
        self.time_ns = alert.time_ns

    def __getattr__(self, name: str) -> Any:
        try:
            return self.header[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self) -> str:
        return f"<{self.type} {self.params}>"


class Run(Running):
    """A run below a recording sensor, and the events of it.

    Attributes:
        everything: all events of the tree, from before the program was started, in the order of alerts.
    """

    def __init__(self, program: Path, steps: Sequence[Any], **options: Any) -> None:
        super().__init__(program, steps, **options)
        self._program = program
        self.everything: list[Recorded] = []

    @property
    def own(self) -> list[Recorded]:
        """The events from the start of the program on, that of the start included.

        What the program does by itself is left out: its start-up, and the reports that it writes.
        """
        events: list[Recorded] = []
        starting: set[int] = set()
        for event in self.everything:
            if self._starts(event):
                starting.add(event.pid)
            elif event.type == "dup2" and event.params == _MARK:
                starting.discard(event.pid)
                continue
            elif event.pid in starting or not events or _is_bookkeeping(event):
                continue
            events.append(event)
        return events

    @property
    def started(self) -> Recorded:
        """The start of the program."""
        return self.own[0]

    def events(self, name: str) -> list[Recorded]:
        """Records of the steps under the name of ``name``."""
        return [event for event in self.own[1:] if event.type == name]

    def _starts(self, event: Recorded) -> bool:
        if event.type != "execve" or event.params["res"] != 0:
            return False
        return bool(event.params["trusted_exepath"].real == str(self._program))


def _is_bookkeeping(event: Recorded) -> bool:
    """Return whether the program reports a step, or waits for the end of its input."""
    if event.type == "read":
        return bool(event.params["fd"] == 0 and event.params["size"] == 1)
    return event.type == "write" and (event.params["data"] or b"").startswith(b'{"step"')


def collect(sensor: tiercel.Sensor) -> list[Recorded]:
    """All events of what has happened since the last time; none may have been lost."""
    assert sensor.flush(timeout=10)
    alerts = [alert for batch in iter(lambda: sensor.read(max=4096), []) for alert in batch]
    return [Recorded(alert) for alert in alerts if alert.source == "syscall"]


class Live:
    """Starts runs below a sensor and collects what it saw of them."""

    def __init__(self, sensor: tiercel.Sensor, program: Path) -> None:
        self.program = program
        self._sensor = sensor

    def run(self, *steps: Any, **options: Any) -> Run:
        """Do ``steps``; wait for all of it, and for all its events.

        Args:
            options: ``wrapper``, the command line that starts the program; the rest goes to ``subprocess.Popen``.
        """
        with self.start(*steps, **options) as run:
            pass
        return run

    @contextmanager
    def start(self, *steps: Any, **options: Any) -> Iterator[Run]:
        """Start ``steps``, to look at the process at a ``hold`` step; wait for the rest as ``run`` does at the end."""
        run = Run(self.program, steps, **options)
        try:
            yield run
        finally:
            run.finish()
            run.everything += collect(self._sensor)

    @contextmanager
    def record(self) -> Iterator[list[Recorded]]:
        """Gives a list; at the end of the block it holds all events of what the block started and waited for."""
        events: list[Recorded] = []
        yield events
        events += collect(self._sensor)


def private_mounts() -> list[Step]:
    """Steps into a mount namespace of its own, out of which nothing gets.

    The second fails below a mere chroot, where it is not needed: what the tests mount there, they unmount.
    """
    return [
        call("unshare", native.CLONE_NEWNS),
        call("mount", None, "/", None, native.MS_REC | native.MS_PRIVATE, None),
    ]
