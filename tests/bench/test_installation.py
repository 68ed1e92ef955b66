# SPDX-License-Identifier: Apache-2.0
"""Agents: processes of this or another installation that handle requests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support import scapfile
from support.cli import SHADOW_RULE

import tiercel
from tiercel.bench.installation import AgentProcess, Installation
from tiercel.errors import TiercelError, UsageError


@pytest.fixture
def shadow(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(SHADOW_RULE)
    return str(path)


def test_it_replays(shadow: str, tmp_path: Path) -> None:
    opened = [scapfile.call("openat", 3, -100, "/etc/shadow", 1, 0, 0, 7, ts=scapfile.START + n) for n in range(3)]
    capture = tmp_path / "a.scap"
    capture.write_bytes(scapfile.capture(*opened))
    with AgentProcess(Installation.this()) as agent:
        assert agent.about["path"] == str(Path(tiercel.__file__).parent)
        assert agent.ask("load", name="one", files=[shadow])["rules"] == 1
        answer = agent.ask("replay", rules="one", capture=str(capture))
        assert (answer["events"], answer["alerts"]) == (3, 3)
        assert answer["cpu"] > 0


def test_its_errors_are_ours(tmp_path: Path) -> None:
    with AgentProcess(Installation.this()) as agent:
        with pytest.raises(TiercelError) as caught:
            agent.ask("load", name="none", files=[str(tmp_path / "none.yaml")])
        assert caught.value.code.startswith("E")
        assert agent.ask("load", name="packaged", files=[])["rules"] > 0, "it goes on"


def test_it_ends() -> None:
    with pytest.raises(TiercelError, match="ended"), AgentProcess(Installation("this", "/bin/false", None)):
        pass


def test_places_of_other_installations(tmp_path: Path) -> None:
    source = Path(tiercel.__file__).parents[1]
    assert Installation.against(str(source)).folder == source
    assert Installation.against(sys.executable).python == sys.executable
    assert Installation.against(sys.executable).folder is None
    assert "PYTHONPATH" not in Installation.against(sys.executable).environment
    with pytest.raises(UsageError, match="neither"):
        Installation.against(str(tmp_path))
