# SPDX-License-Identifier: Apache-2.0
"""Evaluation of rules against a capture file, with the same alerts as from the live sensor."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

from tiercel._core.api import replay as core
from tiercel._core.eval.program_build import RuleProgram
from tiercel.alerts.alert import Alert, Style, hostname
from tiercel.alerts.layout import make_alert, make_layouts
from tiercel.capture.input_file import CaptureFile
from tiercel.compiler import PathMatching
from tiercel.containers.falco_event import Descriptions
from tiercel.engine.arguments import RuleMatching, check_matching, check_rules
from tiercel.engine.dns_refresh import watch
from tiercel.engine.ruleset import Ruleset
from tiercel.engine.stats import Stats
from tiercel.errors import CaptureError, UsageError
from tiercel.schema.names import EVENT_BY_CODE

__all__ = ["Replay", "held_event", "replay"]

_NAMES_WAIT: Final = 2.0  # seconds to wait for the addresses of host names in the rules


class Replay:
    """Iterator over the alerts of a capture, in the order of its events. Made by :func:`replay`.

    The file is read only as far as the iteration needs it, and closed at its end, by :meth:`close`, or at the end of a
    ``with``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        rules: Ruleset,
        *,
        path_matching: PathMatching,
        rule_matching: RuleMatching,
        style: Style,
        until_ns: int | None,
    ) -> None:
        check_rules(rules)
        check_matching(path_matching, rule_matching)
        compiled = rules.compile(path_matching)
        assert compiled.program is not None
        watch(compiled.program, wait=_NAMES_WAIT)
        self._layouts = make_layouts(compiled, style)
        self._hostname = hostname()
        self._matches: Counter[str] = Counter()
        self._alerts: Iterator[Alert] = iter(())
        self._complained = False
        self._until_ns = until_ns
        self._file = CaptureFile(path)
        try:
            self._core = core.Replay(
                RuleProgram(compiled.program),
                self._file.fileno(),
                self._file.name,
                path_matching=path_matching,
                rule_matching=rule_matching,
                describe=Descriptions(),
            )
        except BaseException:
            self._file.close()
            raise

    def __iter__(self) -> Replay:
        return self

    def __next__(self) -> Alert:
        """Return the next alert.

        Raises:
            CaptureError: E70x, the capture is damaged or truncated. All events before the damage have been evaluated.
        """
        while True:
            for alert in self._alerts:
                if self._until_ns is not None and alert.time_ns >= self._until_ns:
                    self.close()
                    raise StopIteration
                self._matches[alert.rule] += 1
                return alert
            if self._core.done or self._file.fileno() < 0:
                self.close()
                self._complain()
                raise StopIteration
            raws = self._core.read()
            self._alerts = iter([make_alert(self._layouts, raw, self._hostname) for raw in raws])

    def close(self) -> None:
        """Close the file and end the iteration."""
        self._file.close()
        self._alerts = iter(())

    def __enter__(self) -> Replay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stats(self) -> Stats:
        """Return the counters of evaluated events, delivered alerts, and losses."""
        counts = self._core.stats()
        cut = {"events": counts["events_cut"], "alerts": counts["alerts_cut"], "fields": counts["texts_lost"]}
        full = {
            "threads": counts["threads_refused"],
            "users": counts["users_refused"],
            "descriptors": counts["descriptors_refused"],
            "containers": counts["containers_refused"],
            "unfinished_calls": counts["enters_evicted"],
            "no_memory": counts["no_memory"],
        }
        return Stats(
            events=counts["events"],
            malformed=counts["malformed"] + counts["undescribed"],
            truncated={name: number for name, number in cut.items() if number},
            alerts=counts["matches"],
            lost_alerts=counts["alerts_lost"],
            matches=dict(self._matches),
            evicted={name: number for name, number in full.items() if number},
        )

    def _complain(self) -> None:
        """Raise, once, the error of the capture."""
        if self._complained:
            return
        self._complained = True
        if self._core.error is not None:
            raise self._core.error
        counts = self._core.stats()
        if counts["malformed"]:
            row = EVENT_BY_CODE[counts["malformed_type"]]
            param = row.params[counts["malformed_param"]]
            others = f" (the first of {counts['malformed']} such events)" if counts["malformed"] > 1 else ""
            text = f"param `{param.name}` of {row.name} has a wrong length{others}"
            hint = "the event was left out; everything else was read"
            raise CaptureError("E707", text, name=self._file.name, offset=counts["malformed_at"], hint=hint)


def replay(
    path: str | os.PathLike[str],
    rules: Ruleset,
    *,
    path_matching: PathMatching = "both",
    rule_matching: RuleMatching = "first",
    style: Style = Style(),  # noqa: B008 - immutable
    until_ns: int | None = None,
) -> Replay:
    """Evaluate rules over a capture file, as Falco or sysdig write them.

    Args:
        path: a ``.scap`` file, plain or compressed by gzip; ``-`` is standard input.
        rules: rules to evaluate.
        path_matching: a capture contains only requested paths: ``both`` and ``resolved`` fall back to these.
            ``requested`` has Falco's limit on their length, too.
        rule_matching: if several rules match an event, the ``first`` alerts, or ``all``.
        style: format of alerts.
        until_ns: the iteration ends before an alert of this time, nanoseconds since 1970 (UTC), or of a later time.

    Returns:
        An iterator over the alerts. It reads the file on demand, needs no privileges, and may end early.

    Raises:
        SourceError: E701, the file cannot be opened. A damaged file raises CaptureError during the iteration: all
            events before the damage have been evaluated, and the error contains its offset.
    """
    return Replay(path, rules, path_matching=path_matching, rule_matching=rule_matching, style=style, until_ns=until_ns)


@contextmanager
def held_event(path: str | os.PathLike[str], num: int) -> Iterator[tuple[core.Replay, dict[str, Any]]]:
    """Read a capture up to one event, so that rules can be evaluated against it.

    Args:
        path: as for :func:`replay`.
        num: number of the event, as in ``evt.num``.

    Yields:
        The core's replay at this event, and the decoded event.

    Raises:
        SourceError: E701 and others, as :func:`replay`.
        UsageError: E607, the capture has no such event that rules see.
    """
    program = Ruleset.loads("[]").compile().program
    assert program is not None
    with CaptureFile(path) as file:
        capture = core.Replay(RuleProgram(program), file.fileno(), file.name, describe=Descriptions())
        event = capture.seek(num)
        if event is None:
            if capture.error is not None:
                raise capture.error
            last = capture.stats()["last_num"]
            raise UsageError("E607", f"{file.name} has no event {num} for rules", hint=f"the last one is {last}")
        yield capture, event
