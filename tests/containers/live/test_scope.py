# SPDX-License-Identifier: Apache-2.0
"""A sensor of containers sees what happens in them, and nothing of the host."""

from __future__ import annotations

import uuid
from pathlib import Path

from support.engines.daemons import Engine
from support.engines.images import Image
from support.waiting import eventually
from support.watch import SETTLE

import tiercel
from tiercel._core.testing import _testing


def reads_as_a_container() -> bool:
    """Return whether a control group of this process has the layout of a container's, as /NAME/ID has."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    groups = (line.split(":", 2)[1:] for line in lines)
    return _testing.container_of("".join(f"{names}={path}\0" for names, path in groups).encode()) is not None


def test_only_containers(engine: Engine, image: Image, container: str) -> None:
    mark = uuid.uuid4().hex  # other containers of the machine are in the scope, too
    rules = tiercel.Ruleset.loads(f"""
- rule: marked
  desc: a marked file was made
  condition: evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name contains {mark}
  output: "%fd.name in %container.id"
  priority: NOTICE
""")
    with tiercel.Sensor(rules, scope=tiercel.Scope.containers()) as sensor:
        engine.world.run("touch", f"/run/{mark}-host")
        engine.exec(container, "touch", f"/app/{mark}-before")
        after = engine.run(image, "touch", f"/app/{mark}-after", name="after")
        eventually(lambda: not engine.running(after), 60, "it has ended")
        assert sensor.flush(SETTLE)
        alerts = sensor.read()
    engine.remove(after)
    found = {alert.fields["fd.name"]: alert.fields["container.id"] for alert in alerts}
    if reads_as_a_container():
        del found[f"/run/{mark}-host"]  # what runs beside the engines is in the scope, too
    assert found == {f"/app/{mark}-before": container[:12], f"/app/{mark}-after": after[:12]}
