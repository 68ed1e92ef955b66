# SPDX-License-Identifier: Apache-2.0
"""The Grafana dashboard shows metrics that exist."""

from __future__ import annotations

import json
import re

from support.live import REPOSITORY
from support.snapshots import snapshot

from tiercel.config.operation_settings import MetricsSettings
from tiercel.operation.prometheus import exposition

DASHBOARD = json.loads((REPOSITORY / "deploy/grafana/tiercel-dashboard.json").read_text())


def test_each_metric_exists_and_has_its_labels():
    now = snapshot(drops={"open": 1}, filtered={"open": 1}, matches={"Never": 1})
    text = exposition(now, MetricsSettings())
    known = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    used = {name for one in expressions for name in re.findall(r"(?:falcosecurity|tiercel)_\w+", one)}
    assert used
    assert used <= known
    for one in expressions:
        for label in re.findall(r"by \((\w+)\)", one):
            assert label == "instance" or f'{label}="' in text


def test_panels_do_not_overlap():
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
