# SPDX-License-Identifier: Apache-2.0
"""Evaluation of single events from Python: records, and events given as fields."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict, final, type_check_only

from typing_extensions import Buffer

from tiercel._core.alerts.unpack import RawAlert
from tiercel._core.eval.program import RuleProgram
from tiercel._core.state.process_table import ProcessTable

_Scalar: TypeAlias = str | bytes | float
_FieldValue: TypeAlias = _Scalar | Sequence[_Scalar] | dict[str, str | bytes] | None

@type_check_only
class EvaluatorStats(TypedDict):
    """Counters of an evaluator.

    ``alerts_lost`` could not be stored for want of memory; ``alerts_cut`` have a text that was shortened;
    ``texts_lost`` counts field values that were missing because the texts of one event were too long in all.
    """

    events: int
    malformed: int
    matches: int
    alerts_lost: int
    alerts_cut: int
    texts_lost: int

class TraceStep(NamedTuple):
    """A check that was followed on the way through a rule's condition."""

    binding: Literal["requested", "resolved"]
    """Form of the paths that the check saw."""
    node: int
    """Index into ``Program.nodes``."""
    result: bool
    """Whether the check was true: which edge was followed."""
    value: Any
    """What the check's left side was: text, bytes, number, bool, a list of these, or None for no value."""
    right: Any
    """The same of its right side, where that is no constant."""

@final
class Evaluator:
    """Evaluates events one at a time.

    Args:
        program: the rules.
        table: the processes; ``feed`` keeps it up to date.
        path_matching: which forms of a path rules are held against; the program's own setting by default.
            ``requested`` is Falco's way, its limit on the length of paths included.
        rule_matching: ``first`` takes the first rule that matches, ``all`` every one.
        unix_offset_ns: Unix time minus the clock of the records' time stamps; sampled now, for CLOCK_BOOTTIME, by
            default.

    Raises:
        UsageError: E607, a setting that there is not.
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
            EventError: E301, the bytes are not one whole event. It is counted, and the table unchanged.
        """

    def evaluate_fields(self, fields: Mapping[str, _FieldValue]) -> list[RawAlert]:
        """Evaluate an event that is given as field values.

        Args:
            fields: values by field as a rule writes it (``"proc.aname[2]"``); ``evt.type`` must be there. A field that
                is not there, or None, has no value. A field of ancestors without a number takes a list, and so does one
                that is a list, be it ``[]``; a path takes one text, or the dict ``{"requested": …, "resolved": …}``.
                ``evt.path_binding`` and the two forms of ``fd.name`` follow from the rest.

        Returns:
            Alerts as from ``feed``, without an event; their time and number are those of ``evt.rawtime`` and
            ``evt.num``.

        Raises:
            EventError: E302, a key is no field; E303, a value is of the wrong type; E304, ``evt.type`` is missing.
        """

    def trace(self, event: Buffer | Mapping[str, _FieldValue], rule: int) -> tuple[TraceStep, ...]:
        """Return the checks that one rule's evaluation follows, in order.

        Args:
            event: a record as for ``feed``, which is applied to the process table, or field values as for
                ``evaluate_fields``.
            rule: index into ``RuleProgram.rules``.

        Returns:
            The steps under the requested paths, then, if the rule does not match so and some path of the event has
            another resolved form, those under the resolved ones. The last step says what the event came to. There are
            none if the rule has no condition for events of this type, or none but the type.

        Raises:
            IndexError: there is no such rule.
            EventError: as from ``feed`` or ``evaluate_fields``.
        """

    def stats(self) -> EvaluatorStats:
        """Return the counters."""
