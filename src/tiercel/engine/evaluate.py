# SPDX-License-Identifier: Apache-2.0
"""Evaluation of rules against single events given as mappings; needs no kernel and no privileges."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.alerts.alert import Alert, AlertEvent, Style, hostname
from tiercel.alerts.layout import make_alert, make_layouts
from tiercel.compiler import PathMatching
from tiercel.engine.arguments import RuleMatching, check_matching, check_rules
from tiercel.engine.ruleset import Ruleset

__all__ = ["Engine"]

_ARG: Final = "evt.arg."
_TIME: Final = "evt.rawtime"


class Engine:
    """Rule engine for single events; evaluates rules as the sensor does."""

    def __init__(
        self,
        rules: Ruleset,
        *,
        path_matching: PathMatching = "both",
        rule_matching: RuleMatching = "first",
        style: Style = Style(),  # noqa: B008 - immutable
    ) -> None:
        """Prepare ``rules``; the other arguments are those of :class:`~tiercel.Sensor`."""
        check_rules(rules)
        check_matching(path_matching, rule_matching)
        compiled = rules.compile(path_matching)
        assert compiled.program is not None
        self._layouts = make_layouts(compiled, style)
        self._hostname = hostname()
        self._evaluator = Evaluator(RuleProgram(compiled.program), ProcessTable(), rule_matching=rule_matching)

    def evaluate(self, event: Mapping[str, Any]) -> list[Alert]:
        """Return the alerts of one event.

        Args:
            event: values of fields by name, as in a condition: ``evt.type`` (required), ``fd.name``, ``proc.aname[2]``,
                ``evt.arg.flags``. A missing field has no value. A path may have both forms, as
                ``{"requested": …, "resolved": …}``. ``evt.rawtime`` is the time, by default now.

        Raises:
            EventError: E302 unknown field, E303 a value of the wrong type, E304 no ``evt.type``.
        """
        decoded = AlertEvent(lambda: _as_event(event))
        raws = self._evaluator.evaluate_fields({_TIME: time.time_ns(), **event})
        return [make_alert(self._layouts, raw, self._hostname, decoded) for raw in raws]


def _as_event(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping in the shape of a decoded event."""
    params = {name.removeprefix(_ARG): value for name, value in fields.items() if name.startswith(_ARG)}
    return {"type": fields["evt.type"], "params": params}
