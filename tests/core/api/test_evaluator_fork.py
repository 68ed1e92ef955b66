# SPDX-License-Identifier: Apache-2.0
"""The child of a fork that happens while another thread traces or evaluates an event."""

from __future__ import annotations

import os
import signal
import traceback

import pytest
from support.core import checking

from tiercel._core.api import evaluator as module
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable

EVENT = {"evt.type": "kill", "proc.name": "a"}


def test_the_child_of_a_fork_during_a_trace_can_evaluate(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock is held while steps become Python objects; a thread that held one would be missing in the child."""
    evaluator = Evaluator(RuleProgram(checking("proc.name", "eq", b"a")), ProcessTable())
    make, children = module.TraceStep, []

    def fork(*values: object) -> object:
        if not children:
            children.append(os.fork())
            if children[0] == 0:
                child()
            evaluator.evaluate_fields({**EVENT, "proc.name": "b"})
        return make(*values)

    def child() -> None:
        status = 1
        try:
            signal.alarm(20)
            assert [tuple(step) for step in evaluator.trace(EVENT, 0)] == [("requested", 0, True, "a", None)]
            assert len(evaluator.evaluate_fields(EVENT)) == 1
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)

    monkeypatch.setattr(module, "TraceStep", fork)
    assert [tuple(step) for step in evaluator.trace(EVENT, 0)] == [("requested", 0, True, "a", None)]
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
