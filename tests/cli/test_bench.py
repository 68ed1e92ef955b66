# SPDX-License-Identifier: Apache-2.0
"""``tiercel bench``: what it prints, saves and compares. How long things take is no matter here."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support import scapfile
from support.cli import SHADOW_RULE, one_clear_message, tiercel

from tiercel import cli
from tiercel.bench import limits

QUICK = ("--rounds", "2")


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    calls = [scapfile.call("openat", 3, -100, "/etc/shadow", 1, 0, 0, 7, ts=scapfile.START + n) for n in range(200)]
    path = tmp_path_factory.mktemp("bench") / "a.scap"
    path.write_bytes(scapfile.capture(*calls))
    return path


def figures(text: str) -> dict[tuple[str, str, str], Any]:
    """Figures of a JSON report by part, case and measure."""
    data = json.loads(text)
    assert data["schema"] == 1
    return {(entry["case"], entry["measure"], entry["installation"]): entry for entry in data["figures"]}


def test_replay(capture: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(SHADOW_RULE)
    done = tiercel("bench", "replay", "--capture", capture, "-r", rules, *QUICK, "--json")
    assert done.status == 0, done.err
    found = figures(done.out)
    assert found["own rules", "events", "this"]["value"] == 200
    assert found["own rules", "alerts", "this"]["value"] == 200
    assert found["own rules", "rules", "this"]["value"] == 1
    cpu = found["own rules", "CPU", "this"]
    assert (cpu["unit"], cpu["better"], len(cpu["rounds"])) == ("ns/event", "lower", 2)


def test_a_compressed_capture(capture: Path, tmp_path: Path) -> None:
    packed = tmp_path / "a.scap.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes()))
    done = tiercel("bench", "replay", "--capture", packed, *QUICK, "--json")
    assert figures(done.out)["packaged rules", "events", "this"]["value"] == 200


def test_scaling(capture: Path) -> None:
    done = tiercel("bench", "scaling", "--capture", capture, "--sizes", "10,100", *QUICK)
    assert done.status == 0, done.err
    assert [line.split()[:2] for line in done.out.splitlines() if " rules " in f"{line} "[:20]] == [
        ["10", "rules"],
        ["100", "rules"],
    ]
    assert "of 100 rules x" in done.out


def test_results_are_saved_and_compared(capture: Path, tmp_path: Path) -> None:
    saved = tmp_path / "before.json"
    done = tiercel("bench", "replay", "--capture", capture, *QUICK, "--save", saved)
    assert done.status == 0, done.err
    done = tiercel("bench", "replay", "--capture", capture, *QUICK, "--compare", saved)
    assert done.status == 0, done.err
    assert "replay: packaged rules: CPU" in done.out


def test_two_installations_take_turns(capture: Path) -> None:
    here = Path(__file__).parents[2] / "src"
    done = tiercel("bench", "replay", "--capture", capture, *QUICK, "--against", here)
    assert done.status == 0, done.err
    assert "packaged rules (this)" in done.out
    assert "packaged rules (against)" in done.out
    assert "replay: packaged rules: rate" in done.out


@pytest.mark.parametrize(("most", "status"), [(1e9, 0), (0.0, 1)])
def test_limits_decide_the_exit_status(
    most: float, status: int, capture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limits, "LIMITS", (limits.Limit("replay", ("packaged rules",), "CPU", most=most),))
    args = ["bench", "replay", "--capture", str(capture), *QUICK, "--limits"]
    assert cli.main(args) == status
    assert ("BEYOND" in capsys.readouterr().out) is (status == 1)
    assert cli.main([*args, "--json"]) == status
    (verdict,) = json.loads(capsys.readouterr().out)["limits"]
    assert verdict["kept"] is (status == 0)


def test_a_chart_is_drawn(capture: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "a.svg"
    done = tiercel("bench", "replay", "--capture", capture, *QUICK, "--chart", drawn)
    assert done.status == 0, done.err
    assert drawn.read_text().startswith("<svg ")


@pytest.mark.kernel
def test_a_capture_is_recorded() -> None:
    done = tiercel("bench", "replay", "--rounds", "1", "--json")
    assert done.status == 0, done.err
    assert figures(done.out)["packaged rules", "events", "this"]["value"] > 100_000


@pytest.mark.parametrize(
    "args",
    [
        ("everything",),
        ("replay", "--rounds", "0"),
        ("scaling", "--sizes", "ten"),
        ("replay", "--against", "/nonexistent"),
        ("replay", "-r", "/nonexistent.yaml"),
    ],
)
def test_wrong_usage(args: tuple[str, ...], capture: Path) -> None:
    one_clear_message(tiercel("bench", *args, "--capture", capture), 2)


def test_a_capture_that_is_not_there() -> None:
    one_clear_message(tiercel("bench", "replay", "--capture", "/nonexistent.scap"), 1)
