# SPDX-License-Identifier: Apache-2.0
"""Conversion of compiled rules to a rule program, probe requirements and required metadata."""

from __future__ import annotations

from typing import Final

from tiercel._core.eval.program_build import RuleProgram
from tiercel.compiler import Compiled
from tiercel.engine.dns_refresh import watch
from tiercel.engine.metadata import details_of
from tiercel.frozen import replace
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.sources.requirements import STARTS, ProbeRequirements

__all__ = ["lowered", "needed_details"]

_ASYNC: Final = EVENT_BY_NAME["asyncevent"].code


def needed_details(compiled: Compiled) -> frozenset[str]:
    """Return the container metadata that the rules need; see :func:`~tiercel.engine.metadata.details_of`."""
    assert compiled.program is not None
    details = details_of(compiled.program.fields)
    return details | {"full_id"} if _ASYNC in compiled.program.live else details


def lowered(compiled: Compiled) -> tuple[RuleProgram, ProbeRequirements]:
    """Return the rule program and the probe requirements; start the lookups of host names in the rules."""
    program = compiled.program
    assert program is not None
    watch(program)
    filters = {code: one.clauses for code, one in program.filters.items()}
    required = ProbeRequirements.of(program.live, program.fields, program.calls, at_start=program.fields_of(STARTS))
    return RuleProgram(program), replace(required, filters=filters, path_sets=program.path_sets)
