# SPDX-License-Identifier: Apache-2.0
"""Loops of system calls: the number of rounds, the rate, and wrong arguments."""

from __future__ import annotations

import pytest

from tiercel._core.bench import workload


@pytest.mark.parametrize("kind", ["open", "getppid", "exec", "connect"])
def test_a_load_counts_its_rounds(kind: str) -> None:
    calls, wall = workload.run(kind, 20)
    assert calls == 20
    assert wall > 0


def test_a_load_that_goes_on_for_a_time_at_a_rate() -> None:
    calls, wall = workload.run("open", seconds=0.1, per_second=5000, path="/nonexistent")
    assert wall >= 100_000_000
    assert calls <= 5000 * wall / 1e9 + 2


def test_a_load_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="no load"):
        workload.run("sleep", 1)
    with pytest.raises(ValueError, match="rounds"):
        workload.run("open")
    with pytest.raises(FileNotFoundError):
        workload.run("exec", 1, path="/nonexistent")
