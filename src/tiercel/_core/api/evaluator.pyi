# SPDX-License-Identifier: Apache-2.0
"""Evaluation of single events: records, and mappings of field values."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict, final, type_check_only

from typing_extensions import Buffer

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable

_Scalar: TypeAlias = str | bytes | float
_FieldValue: TypeAlias = _Scalar | Sequence[_Scalar] | dict[str, str | bytes] | None

@type_check_only
class EvaluatorStats(TypedDict):
    """Counters of an evaluator.

    ``alerts_lost``: alerts dropped without memory. ``alerts_cut``: alerts with a shortened text. ``texts_lost``: field
    values missing because the texts of one event exceeded the arena.
    """

    events: int
    malformed: int
    matches: int
    alerts_lost: int
    alerts_cut: int
    texts_lost: int

class TraceStep(NamedTuple):
    """One evaluated check of a rule's condition."""

    binding: Literal["requested", "resolved"]
    """Binding of paths during the check."""
    node: int
    """Index into ``Program.nodes``."""
    result: bool
    """Result of the check, which selects the edge."""
    value: Any
    """Value of the left side: text, bytes, number, bool, a list of these, or None for no value."""
    right: Any
    """Value of the right side, if it is not a constant."""

@final
class Evaluator:
    """Evaluator of single events.

    Args:
        program: the rules.
        table: the process table, which ``feed`` updates.
        path_matching: forms of a path that rules match; the program's own setting by default. ``requested`` is
            Falco's behaviour, including its limit on the length of paths.
        rule_matching: ``first`` stops at the first matching rule, ``all`` evaluates every rule.
        unix_offset_ns: Unix time minus the clock of the records' time stamps; by default the current offset of
            CLOCK_BOOTTIME.

    Raises:
        UsageError: E607, an invalid setting.
    """

    program: RuleProgram
    table: ProcessTable

    def __new__(
        cls,
        program: RuleProgram,
        table: ProcessTable,
        *,
        path_matching: Literal["both", "requested", "resolved"] | str | None = None,
        rule_matching: Literal["first", "all"] | str = "first",
        unix_offset_ns: int | None = None,
    ) -> Evaluator: ...
    def feed(self, record: Buffer) -> list[RawAlert]:
        """Apply one record to the process table and evaluate it.

        Args:
            record: one encoded event, header first, at most 65,535 bytes. Borrowed for the call.

        Returns:
            An alert for each rule that matches, in the order of the rules; at most one with ``rule_matching="first"``.

        Raises:
            EventError: E301, the bytes are not one whole event. The error is counted, and the table unchanged.
        """

    def evaluate_fields(self, fields: Mapping[str, _FieldValue]) -> list[RawAlert]:
        """Evaluate a mapping of field values.

        Args:
            fields: values by field in the syntax of rules (``"proc.aname[2]"``); ``evt.type`` is required. A field
                that is absent or None has no value. List fields, and fields of ancestors without a number, take a
                list, which may be empty. A path takes one text, or the dict ``{"requested": …, "resolved": …}``.
                ``evt.path_binding`` and the two forms of ``fd.name`` are derived.

        Returns:
            Alerts as from ``feed``, without an event; their time and number are the values of ``evt.rawtime`` and
            ``evt.num``.

        Raises:
            EventError: E302, a key is no field; E303, a value is of the wrong type; E304, ``evt.type`` is missing.
        """

    def trace(self, event: Buffer | Mapping[str, _FieldValue], rule: int) -> tuple[TraceStep, ...]:
        """Return the checks that the evaluation of one rule performs, in order.

        Args:
            event: a record as for ``feed``, which is applied to the process table, or field values as for
                ``evaluate_fields``.
            rule: index into ``RuleProgram.rules``.

        Returns:
            The steps with the requested paths; then, if the rule does not match and some path of the event has a
            different resolved form, the steps with the resolved paths. The last step decides the result. Empty if the
            rule does not apply to the event's type, or has no other condition than the type.

        Raises:
            IndexError: ``rule`` is out of range.
            EventError: as from ``feed`` or ``evaluate_fields``.
        """

    def stats(self) -> EvaluatorStats:
        """Return the counters."""
