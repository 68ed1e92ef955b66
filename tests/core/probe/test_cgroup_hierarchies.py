# SPDX-License-Identifier: Apache-2.0
"""Choice of the control group hierarchies for the key of a task, and of the one whose groups are followed."""

from __future__ import annotations

import pytest

from tiercel._core.probe.cgroup_hierarchies import hierarchies

CPUSET, CPU, CPUACCT, IO, MEMORY = 1, 2, 4, 8, 16


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["0::/user.slice"], (0, 0, 0b1)),
        (["2:pids:/", "1:name=systemd:/", "0::/"], (0, 0, 0b1)),
        (["4:memory:/a", "3:cpuset:/", "2:cpu,cpuacct:/", "0::/x"], (CPUSET | CPU | MEMORY, 0, 0b11101)),
        (["9:cpuacct,cpu:/", "1:blkio:/"], (CPU | IO, 9, 0b10_0000_0011)),
        (["5:cpuacct:/", "4:cpu:/", "0::/"], (CPU | CPUACCT, 0, 0b110001)),
        (["8:memory:/", "7:pids:/"], (MEMORY, 8, 0b1_0000_0001)),
        (["3:name=elogind:/"], (0, 0, 0b1)),
        ([], (0, 0, 0b1)),
        (["", "nonsense", "x:memory:/", "1:memory"], (MEMORY, 1, 0b11)),
        (["6:cpuset:/a:b:memory"], (CPUSET, 6, 0b1000001)),
    ],
)
def test_hierarchies(lines: list[str], expected: tuple[int, int, int]) -> None:
    assert hierarchies("\n".join(lines).encode()) == expected


def test_odd_bytes_are_no_error() -> None:
    assert hierarchies(b"\xff:\xff:\xff\n\0\n5:memory,\xff:/\n") == (MEMORY, 5, 0b100001)
