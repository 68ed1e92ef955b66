# SPDX-License-Identifier: Apache-2.0
"""Plans of a responder."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel import Response, UsageError
from tiercel.response.plan import Plan
from tiercel.response.result import Refusal

KILL = Response("kill", rules=("*",), rate=0.001, burst=1)


def plan(*responses: Response, dry_run: bool = False, before: Plan | None = None) -> Plan:
    return Plan(responses, None, dry_run=dry_run, is_own=lambda _: False, before=before)


def changed(**parts: Any) -> Response:
    return Response("kill", **({"rules": ("*",), "rate": 0.001, "burst": 1} | parts))


def test_an_unchanged_response_keeps_its_rate_and_a_changed_one_begins_again() -> None:
    first = plan(KILL)
    assert [first.admits(KILL), first.admits(KILL)] == [True, False]
    second = plan(changed(tags=("x",)), changed(), before=first)
    assert not second.admits(KILL), "equal settings, another object"
    assert second.admits(changed(tags=("x",)))
    assert plan(KILL).admits(KILL)


def test_a_rate_of_zero_is_no_limit() -> None:
    response = changed(rate=0)
    assert all(plan(response).admits(response) for _ in range(1000))


def test_what_runs_code_and_what_only_reports() -> None:
    run = Response("run", rules=("*",), program=("true",), dry_run=True)
    assert not plan(KILL).runs_code
    assert plan(KILL, run).runs_code
    assert plan(run).only_reports(run)
    assert not plan(KILL).only_reports(KILL)
    assert plan(KILL, dry_run=True).only_reports(KILL)
    plan(KILL).require(changed())
    with pytest.raises(Refusal):
        plan(KILL).require(run)


def test_functions_are_loaded_at_once() -> None:
    call = Response("call", rules=("*",), function="os.path:basename")
    assert plan(call).function(call)("/a/b") == "b"
    with pytest.raises(UsageError, match="no_such"):
        plan(Response("call", rules=("*",), function="no_such:f"))
