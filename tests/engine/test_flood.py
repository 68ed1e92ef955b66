# SPDX-License-Identifier: Apache-2.0
"""A flood of one control group, as the sensor reports it; no alert of another group is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import cgroups

import tiercel

SECONDS = 1.5
FLOOD = f"until = time.monotonic() + {SECONDS}"
FLOOD += "\\nwhile time.monotonic() < until:\\n for _ in range(99): os.close(os.open('/etc/hosts', os.O_RDONLY))"
QUIET = (
    "for n in range(60): os.close(os.open('/etc/hostname', os.O_RDONLY)); time.sleep(0.02); "
    "n % 4 or os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"
)
# Nothing of it can be left out in the kernel; the reading side has work with each event.
RULES = """
- rule: Opened
  desc: the quiet one opens its file
  condition: evt.type = openat and fd.name = /etc/hostname
  output: "%proc.pid"
  priority: NOTICE
- rule: Started
  desc: the quiet one starts a program
  condition: evt.type = execve and proc.name = true
  output: "%proc.pid"
  priority: NOTICE
- rule: Any
  desc: every event is read
  condition: evt.type = openat and fd.name icontains "hosts" and proc.aname[3] startswith "nobody"
  output: "%proc.pid"
  priority: NOTICE
"""

pytestmark = pytest.mark.kernel


@pytest.fixture
def group() -> Iterator[Path]:
    made = cgroups.roots("cgroup2")[0] / f"tiercel-flood-{os.getpid()}"
    made.mkdir()
    yield made
    cgroups.remove(made)


def test_a_flood_loses_nothing_of_another_group_and_is_reported(group: Path) -> None:
    rules = tiercel.Ruleset.loads(RULES)
    loud, quiet = cgroups.Worker(f"docker-{os.getpid():064x}.scope", group), cgroups.Worker("quiet", group)
    # Rings of some 40 records are too small for a flood, however fast they are read.
    sensor = tiercel.Sensor(rules, scope=tiercel.Scope.cgroup(group), ring_bytes=1 << 14)
    try:
        with sensor:
            loud.begin(f'exec("{FLOOD}")')
            quiet.do(QUIET)
            loud.wait()
            assert sensor.flush(20)
        alerts = [alert for batch in sensor.batches() for alert in batch]
        stats = sensor.stats()
    finally:
        loud.close()
        quiet.close()
    assert [alert.rule for alert in alerts].count("Opened") == 60
    assert [alert.rule for alert in alerts].count("Started") == 15
    (flood,) = stats.floods
    assert flood.cgroup.endswith(f"/{group.name}/docker-{os.getpid():064x}.scope")
    assert flood.container == f"{os.getpid():064x}"[:12]
    assert flood.drops == {"openat": stats.drops["openat"]} == stats.shed
    notices = [notice for notice in sensor.notices.take() if notice.kind == "flood"]
    assert sum(notice.fields["n_drops"] for notice in notices) == stats.dropped
    assert {notice.fields["container.id"] for notice in notices} == {flood.container}
