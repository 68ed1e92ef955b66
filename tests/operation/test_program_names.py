# SPDX-License-Identifier: Apache-2.0
"""Names of the probe's programs in Falco's metrics."""

from __future__ import annotations

import re

import pytest
from support.live import REPOSITORY

from tiercel.operation.program_names import _FALCO, falco_program


@pytest.mark.parametrize(
    ("own", "falco"),
    [("sys_exit_dispatch", "sys_exit"), ("signal_deliver", "signal_deliver"), ("sched_fork", "sched_fork")],
)
def test_names(own: str, falco: str) -> None:
    assert falco_program(own) == falco


def test_the_programs_exist() -> None:
    text = "".join(path.read_text() for path in (REPOSITORY / "bpf").rglob("*.bpf.c"))
    for name in _FALCO:
        assert re.search(rf"\b{name}\b", text), name
