# SPDX-License-Identifier: Apache-2.0
"""The captures that the real Falco replayed: our alerts are its alerts, by the rules of its comparer.

Each capture is replayed with each rule set of Falco's runs: upstream's rules (all matches, and the first of each
event), rules that try every operator, and rules that print every field of every event.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from support.live import SHARED

from tiercel import Ruleset, Style, replay

pytestmark = [pytest.mark.shared, pytest.mark.usefixtures("utc")]

PEER = SHARED / "peer"


def runs() -> list[Any]:
    """The runs of Falco that there are, or none on a machine without them."""
    manifest = PEER / "manifest.json"
    found = json.loads(manifest.read_text())["expected"] if manifest.exists() else []
    return [pytest.param(run, id=name_of(run)) for run in found]


def name_of(run: dict[str, Any]) -> str:
    return Path(run["expected"]).name.removesuffix(".jsonl.gz")


_UTF8 = "bytes that are not UTF-8 become U+FFFD; Falco's JSON also swallows the bytes behind them"
MEANT: dict[str, tuple[int, str]] = {
    "names.calls.dump-evt": (35, _UTF8),
    "names.calls.dump-fd": (30, _UTF8),
    "names.calls.ops-share": (39, _UTF8),
}
"""Differences that are meant: the name of the file with Falco's alerts, how many of ours are others, and why."""


@lru_cache(maxsize=1)
def rules_of(names: tuple[str, ...]) -> Ruleset:
    return Ruleset.load(*(PEER / "rules" / name for name in names))


@pytest.mark.parametrize("run", sorted(runs(), key=lambda param: param.values[0]["rule_set"]))
def test_the_alerts_are_falcos(run: dict[str, Any], tmp_path: Path) -> None:
    ours = tmp_path / "alerts.jsonl"
    alerts = replay(
        PEER / "captures" / f"{run['capture']}.scap.gz",
        rules_of(tuple(run["rule_files"])),
        path_matching="requested",
        rule_matching=run["matching"],
        style=Style(json_output=not run["rule_set"].startswith("dump-")),
    )
    with ours.open("w") as out:
        out.writelines(f"{alert.to_json()}\n" for alert in alerts)
    assert alerts.stats().events == run["events"]
    compare = [sys.executable, str(PEER / "compare.py"), str(PEER / run["expected"]), str(ours)]
    done = subprocess.run(compare, capture_output=True, text=True, timeout=300, check=False)
    expected, actual, equal, missing, extra, different = map(int, re.findall(r"\d+", done.stdout.partition("\n")[0]))
    assert (expected, missing, extra) == (actual, 0, 0), done.stdout
    assert equal + different == expected
    assert different == MEANT.get(name_of(run), (0, ""))[0], done.stdout


def test_what_is_meant_exists() -> None:
    assert set(MEANT) <= {param.id for param in runs()}
