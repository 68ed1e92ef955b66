# SPDX-License-Identifier: Apache-2.0
"""Collection of snapshots from a sensor."""

from __future__ import annotations

import hashlib
from pathlib import Path

from support.alert_views import View
from support.snapshots import RULES

from tiercel import Sensor
from tiercel.config.config import Config
from tiercel.operation.reload import Loaded
from tiercel.operation.snapshot import Collector
from tiercel.outputs import FileOutput
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.worker import OutputStats
from tiercel.response.stats import ResponseStats


def test_a_reload_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "rules.d"
    folder.mkdir()
    (folder / "a.yaml").write_text("a")
    loaded = [Loaded(Config(), RULES)]
    delivery = Delivery([FileOutput("/dev/full")], print)
    delivery.send([View(number) for number in range(4)])
    collector = Collector(
        Sensor(RULES),
        delivery,
        lambda: (loaded[-1], len(loaded) - 1),
        lambda now: ([str(folder), str(tmp_path / "none")], []),
        with_resources=True,
        responses=lambda: ResponseStats({"kill": {"killed": 1}}),
    )
    first = collector.collect()
    assert first.rules_files == {"a.yaml": hashlib.sha256(b"a").hexdigest()}
    assert (first.reloads, first.failed_deliveries, first.reloaded_ns) == (0, 4, first.started_ns)
    assert first.outputs == {"file": OutputStats(failed=4)}
    assert first.rules.keys() == {"Shell in a container", "Never"}
    assert first.resources is not None
    assert first.responses == ResponseStats({"kill": {"killed": 1}})
    (folder / "a.yaml").write_text("b")
    assert collector.collect().rules_files == first.rules_files, "not in use yet"
    loaded.append(Loaded(Config(), RULES.disable(rule="Never")))
    second = collector.collect()
    assert second.rules_files == {"a.yaml": hashlib.sha256(b"b").hexdigest()}
    assert second.rules.keys() == {"Shell in a container"}
    assert (second.reloads, second.started_ns) == (1, first.started_ns)
    assert second.reloaded_ns > first.reloaded_ns
    assert second.time_ns > first.time_ns
