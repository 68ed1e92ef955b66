# SPDX-License-Identifier: Apache-2.0
"""The process table after records of processes' lives were lost: a look at all processes puts it right."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest

import tiercel
from tiercel._core.threads import ProcessTable

RULE = """
- rule: r
  desc: d
  condition: evt.type = mkdir
  output: "-"
  priority: INFO
"""


def by_id(table: ProcessTable) -> dict[int, dict[str, Any]]:
    return {entry["tgid"]: dict(entry) for entry in table.snapshot()}


def test_a_process_by_another_name_is_doubted_and_seeded_again() -> None:
    table = ProcessTable()
    table.seed(tgid=10, start_ns=5, comm="old", exepath="/bin/old")
    assert not table.doubt(10, 5, b"old", 100)
    assert table.doubt(10, 5, b"new", 100)
    assert table.seed(tgid=10, start_ns=5, comm="new", exepath="/bin/new")
    assert by_id(table)[10]["exepath"] == "/bin/new"


def test_a_process_that_nobody_knows_is_doubted() -> None:
    assert ProcessTable().doubt(10, 5, b"any", 100)


def test_what_is_not_there_has_ended() -> None:
    table = ProcessTable()
    for tgid, start_ns in ((10, 5), (20, 6), (30, 200)):
        table.seed(tgid=tgid, start_ns=start_ns, comm="any")
    assert table.end_others({10: 5}, 100) == 1
    assert {tgid: entry["exited"] for tgid, entry in by_id(table).items()} == {10: False, 20: True, 30: False}


def test_orphans_of_what_has_ended_find_their_new_parent() -> None:
    table = ProcessTable()
    table.seed(tgid=1, start_ns=1, comm="init")
    table.seed(tgid=10, start_ns=5, comm="parent", ptgid=1, pstart_ns=1)
    table.seed(tgid=20, start_ns=6, comm="child", ptgid=10, pstart_ns=5)
    table.end_others({1: 1, 20: 6}, 100)
    assert table.doubt(20, 6, b"child", 100)
    table.seed(tgid=20, start_ns=6, comm="child", ptgid=1, pstart_ns=1)
    assert by_id(table)[20]["ptgid"] == 1


class Lossy:
    """A probe that says it has lost records of processes' lives."""

    def __init__(self, probe: Any) -> None:
        self.probe = probe
        self.lost = 0

    def stats(self) -> dict[str, Any]:
        return {**self.probe.stats(), "lost_lifecycle": self.lost}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.probe, name)


@pytest.mark.kernel
def test_a_sensor_mends_its_table_after_a_loss() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        with tiercel.Sensor(tiercel.Ruleset.loads(RULE), scope=tiercel.Scope.tree(child.pid)) as sensor:
            source: Any = sensor._source
            source._probe = probe = Lossy(source._probe)
            source._table.end_others({}, time.clock_gettime_ns(time.CLOCK_BOOTTIME))
            assert by_id(source._table)[child.pid]["exited"]
            source.mend()
            assert by_id(source._table)[child.pid]["exited"]
            probe.lost = 3
            source.mend()
            found = by_id(source._table)[child.pid]
            assert (found["exited"], found["comm"]) == (False, "sleep")
            mended = sensor.stats().mended
            assert mended > 0
            probe.lost = 4
            source.mend()
            assert sensor.stats().mended == mended
    finally:
        child.kill()
        child.wait()
