# SPDX-License-Identifier: Apache-2.0
"""Who it was that sent too much, as the process table tells it."""

from __future__ import annotations

from typing import Any

from support.host import Host

from tiercel.sources.floods import Flood, Floods

CONTAINER = "3f" * 32


class Losses:
    """What a probe counts of one control group."""

    def __init__(self) -> None:
        self.lost = 0

    def losses(self) -> dict[tuple[int, str, bool], int]:
        return {(70, "openat", True): self.lost}


def test_a_group_that_nobody_knew_at_first_gets_its_name_later() -> None:
    """As when the records of its processes' lives were lost as well, and a look at all processes found them."""
    host, losses = Host(), Losses()
    probe: Any = losses
    floods = Floods(probe, host.table)
    losses.lost = 5
    assert floods.look(5) == (Flood(70, "", "", {"openat": 5}),)
    host.cgroup[20] = 70
    host.exec(20, "/bin/sh", cgroups=[f"cpu=/docker/{CONTAINER}"])
    losses.lost = 6
    named = Flood(70, f"/docker/{CONTAINER}", CONTAINER[:12], {"openat": 6})
    assert floods.look(6) == (named,)
    host.table.clear()
    losses.lost = 7
    assert floods.look(7) == (Flood(70, named.cgroup, named.container, {"openat": 7}),)
