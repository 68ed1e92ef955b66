# SPDX-License-Identifier: Apache-2.0
"""Senders of floods, named by the process table."""

from __future__ import annotations

from typing import Any

from support.host import Host

from tiercel.sources.flood_stats import Flood, Floods

CONTAINER = "3f" * 32


class Losses:
    """A probe's counters of control groups."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {}

    def losses(self) -> dict[tuple[int, str, bool], int]:
        return {(group, "openat", True): lost for group, lost in self.of.items()}


def test_a_group_that_nobody_knew_at_first_gets_its_name_later() -> None:
    """As when the records of its processes' lives were lost as well, and a look at all processes found them."""
    host, losses = Host(), Losses()
    probe: Any = losses
    floods = Floods(probe, host.table)
    losses.of[70] = 5
    assert floods.look(5) == (Flood(70, "", "", {"openat": 5}),)
    host.cgroup[20] = 70
    host.exec(20, "/bin/sh", cgroups=[f"cpu=/docker/{CONTAINER}"])
    losses.of[70] = 6
    named = Flood(70, f"/docker/{CONTAINER}", CONTAINER[:12], {"openat": 6})
    assert floods.look(6) == (named,)
    host.table.clear()
    losses.of[70] = 7
    assert floods.look(7) == (Flood(70, named.cgroup, named.container, {"openat": 7}),)


def test_a_container_has_one_number_whichever_of_its_groups_sends_too_much() -> None:
    """The counts of a flood are kept by that number; reported again under another, all would count twice."""
    host, losses = Host(), Losses()
    probe: Any = losses
    floods = Floods(probe, host.table)
    for pid, group in ((20, 71), (21, 70)):
        host.cgroup[pid] = group
        host.exec(pid, "/bin/sh", cgroups=[f"cpu=/docker/{CONTAINER}"])
        losses.of[group] = 5
        (flood,) = floods.look(pid)
        assert (flood.cgroup_id, flood.container) == (71, CONTAINER[:12])
    assert flood.drops == {"openat": 10}
