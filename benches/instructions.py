# SPDX-License-Identifier: Apache-2.0
"""Machine instructions per event, counted by callgrind and compared with ``baseline.json``.

Times move between two runs by more than most changes do; instruction counts repeat exactly. More than 2 % above the
baseline fails; so does more than 2 % below, so that the baseline keeps up. Counts depend on the compiler, so they are
compared only where the extension was built by the one that the baseline names.

    python -m benches.instructions             count and compare
    python -m benches.instructions --update    count and write the baseline
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benches.material import (
    START,
    calls_capture,
    evaluator_of,
    execve,
    openat,
    packaged_evaluator,
    procexit,
    rules_text,
)
from tests.support.fakering import FakeRing
from tiercel import Ruleset, replay
from tiercel._core.probe.ring_consumer import RingReader
from tiercel._core.testing import _testing
from tiercel.bench.rules import generated

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.02
EVENTS = 200
REPLAYED = 4000


def _no_match(rules: int) -> None:
    _testing.eval_repeat(evaluator_of(rules_text(rules)), openat(), EVENTS)


def _generated(rules: int, record: bytes) -> None:
    _testing.eval_repeat(evaluator_of(generated(rules)), record, EVENTS)


def _packaged(record: bytes) -> None:
    _testing.eval_repeat(packaged_evaluator(), record, EVENTS)


def _apply(*records: bytes) -> None:
    _testing.apply_repeat(evaluator_of(rules_text(1)), list(records), EVENTS)


def _merge() -> None:
    rings = [FakeRing(1 << 18) for _ in range(2)]
    for n in range(EVENTS):
        rings[n % 2].put(openat(time_ns=START + n))
    RingReader([(ring.fd, ring.size) for ring in rings]).read(now_ns=2 * START)


def _replay() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.scap"
        path.write_bytes(calls_capture(REPLAYED))
        assert list(replay(path, Ruleset.loads(generated(93)))) == []


@dataclass(frozen=True)
class Case:
    """One count: the C function whose instructions count, callees included, and how it is driven.

    They are counted by call of the function, or by event if it takes so many of them.
    """

    function: str
    run: Callable[[], None]
    question: str
    events: int = 0


CASES = {
    "eval-no-match-1": Case("prog_eval", lambda: _no_match(1), "an open that one rule does not match"),
    "eval-no-match-100": Case("prog_eval", lambda: _no_match(100), "an open that none of 100 rules matches"),
    "eval-packaged-openat": Case("prog_eval", lambda: _packaged(openat()), "an open against the packaged rules"),
    "eval-packaged-execve": Case("prog_eval", lambda: _packaged(execve("cat", "file")), "an exec against the same"),
    "eval-93-openat": Case("prog_eval", lambda: _generated(93, openat()), "an open against 93 rules as upstream's"),
    "eval-93-execve": Case("prog_eval", lambda: _generated(93, execve("cat")), "an exec against the same"),
    "eval-500-openat": Case("prog_eval", lambda: _generated(500, openat()), "an open against 500 such rules"),
    "eval-500-execve": Case("prog_eval", lambda: _generated(500, execve("cat")), "an exec against the same"),
    "replay-93": Case("6Replay_advance", _replay, "an event of a capture against 93 such rules, all in all", REPLAYED),
    "ring-next": Case("rings_next", _merge, "finding the next record of two rings"),
    "apply-openat": Case("process_table_apply", lambda: _apply(openat()), "finding the process of an open"),
    "apply-execve": Case("process_table_apply", lambda: _apply(execve("cat", "file")), "a new image for a process"),
    "apply-exec-exit": Case(
        "process_table_apply", lambda: _apply(execve("cat"), procexit()), "a process's life, per record"
    ),
}


def compiler() -> str:
    """The compiler that builds the extension here."""
    done = subprocess.run(["gcc", "-dumpfullversion", "-dumpversion"], capture_output=True, text=True, check=True)
    return f"gcc {done.stdout.split()[0]}"


def count(name: str) -> float:
    """Instructions per call of the case's function."""
    case = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [
            "valgrind", "--tool=callgrind", "--collect-atstart=no", "--compress-strings=no",
            f"--callgrind-out-file={out}", f"--toggle-collect=*_{case.function}",
            sys.executable, "-m", "benches.instructions", "--run", name,
        ]  # fmt: skip
        variables = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
        if done.returncode:
            raise SystemExit(f"{name}: valgrind failed\n{done.stderr[-2000:]}")
        text = out.read_text()
    total = int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE).group(1))  # type: ignore[union-attr]
    calls = [int(found) for found in re.findall(rf"^cfn=.*_{case.function}\ncalls=(\d+)", text, re.MULTILINE)]
    return total / (case.events or sum(calls) or EVENTS)


def main(arguments: list[str]) -> int:
    """Count every case; 1 if one left its baseline."""
    if arguments[:1] == ["--run"]:
        CASES[arguments[1]].run()
        return 0
    counts = {name: round(count(name), 1) for name in CASES}
    known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {"compiler": None, "instructions": {}}
    if arguments == ["--update"]:
        BASELINE.write_text(json.dumps({"compiler": compiler(), "instructions": counts}, indent=2) + "\n")
    failed = False
    here = compiler()
    same = known["compiler"] == here
    print(f"instructions per event ({here}; baseline: {known['compiler']})")
    for name, value in counts.items():
        before = known["instructions"].get(name)
        change = (value / before - 1) if before else 0.0
        bad = same and abs(change) > TOLERANCE and arguments != ["--update"]
        failed |= bad
        print(f"  {name:22} {value:10.1f}  {change:+7.1%}{'  BASELINE LEFT' if bad else ''}  {CASES[name].question}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
