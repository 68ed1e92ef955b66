# SPDX-License-Identifier: Apache-2.0
"""Events from a mapping of field values."""

from collections.abc import Mapping
from typing import final

from tiercel._core.api.evaluator import _FieldValue
from tiercel._core.eval.program_build import RuleProgram

@final
class MappingEvent:
    """Field values by source of a program; see ``Evaluator.evaluate_fields``.

    Raises:
        EventError: E302, a key is no field; E303, a value is of the wrong type; E304, ``evt.type`` is missing.
    """

    def __new__(cls, program: RuleProgram, fields: Mapping[str, _FieldValue]) -> MappingEvent: ...
