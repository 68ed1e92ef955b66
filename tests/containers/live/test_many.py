# SPDX-License-Identifier: Apache-2.0
"""Hundreds of containers, one after the other: each is known, and nothing of them stays."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines.daemons import Engine, EngineCrashError, Podman
from support.engines.images import Image
from support.engines.watching import Alerts, settings_for, watching
from support.waiting import eventually

_CHANGED = """
- rule: changed
  desc: a file of the application was opened for writing
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name startswith /app/
    and container.image.repository startswith registry.test
  output: "%fd.name in %container.id of %container.image.repository"
  priority: NOTICE
"""
_CONTAINERS, _AT_ONCE = 500, 4
_QUIET_SECONDS = 5.0
_TRIES = 3


def _cpu_seconds() -> float:
    """The processor time that the threads for lookups have used, seconds."""
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("tiercel-")]
    assert threads
    stats = [Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text() for thread in threads]
    return sum(int(text.split()[0]) for text in stats) / 1e9


def _cpu_share() -> float:
    """The part of a processor that these threads take in the next seconds."""
    before, at = _cpu_seconds(), time.monotonic()
    time.sleep(_QUIET_SECONDS)
    return (_cpu_seconds() - before) / (time.monotonic() - at)


def _known(alerts: Alerts) -> list[str]:
    """The containers in the sensor's table."""
    assert alerts.sensor._metadata is not None
    return alerts.sensor._metadata._table.containers()


def _run_all(podman: Podman, image: Image) -> None:
    """Run all of them, and check that each had metadata, and is evicted afterwards."""
    run = f"{shlex.join(podman.tool)} run --rm --network none {image.name} touch /app/$lane-$number"
    each = f"for number in $(seq {_CONTAINERS // _AT_ONCE}); do {run} || exit 1; done"
    lanes = f'for lane in $(seq {_AT_ONCE}); do ({each}) & lanes="$lanes $!"; done'
    script = f"lanes=; {lanes}; for lane in $lanes; do wait $lane; done"
    with watching(podman.world, _CHANGED, containers=settings_for(podman)) as alerts:
        podman.world.run("sh", "-euc", script, timeout=600)
        podman.check()
        alerts.collect()
        containers = {str(alert.fields["container.id"]) for alert in alerts}
        eventually(lambda: containers.isdisjoint(_known(alerts)), 60, "they are forgotten")
        # Lookups may still be in progress: the threads are idle some seconds later.
        eventually(lambda: _cpu_share() <= 0.01, 60, "metadata takes at most a hundredth of a processor")
    names = {str(alert.fields["fd.name"]) for alert in alerts}
    assert len(names) == _CONTAINERS
    assert {alert.fields["container.image.repository"] for alert in alerts} == {image.repository}
    assert len(containers) == _CONTAINERS


def _is_survived(podman: Podman, image: Image) -> bool:
    """Run all of them; return False if podman's service crashes, as missing metadata is then no fault of ours."""
    try:
        _run_all(podman, image)
    except EngineCrashError:
        podman.revive()
        return False
    return True


@pytest.mark.slow
def test_five_hundred_containers(begin: Callable[[str], Engine], image: Image) -> None:
    podman = begin("podman")
    assert isinstance(podman, Podman)
    assert any(_is_survived(podman, image) for _ in range(_TRIES)), "podman's service crashes each time"
