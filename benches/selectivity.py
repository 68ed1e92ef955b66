# SPDX-License-Identifier: Apache-2.0
"""Frequency of true checks: origin of the figures of `src/tiercel/compiler/planner/selectivity.py`.

    python -m benches.selectivity CAPTURE RULES…  [--sample FRACTION]

It evaluates each check of the rules on every event of the capture for which a rule with that check is evaluated,
whether or not earlier checks are true.  For each field and operator it prints the number of checks, the match rate of
their constants (mean, and highest), and the number of events.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator

from tiercel import compiler
from tiercel._core.api import replay
from tiercel._core.eval.program_build import RuleProgram
from tiercel.capture.input_file import CaptureFile
from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Program, Read
from tiercel.rules import load_files

BILLION = 1_000_000_000


def counting(program: Program, sample: float) -> tuple[Program, dict[int, set[int]]]:
    """Return a program with one rule for each check and one for each event type, and the types of each check."""
    tried: dict[int, set[int]] = defaultdict(set)
    for code, entries in program.entries.items():
        for number in _checks(program, [entry.root for entry in entries]):
            tried[number].add(code)
    sampled = CompiledCheck(Read("evt.rawtime.ns"), "lt", (int(sample * BILLION),))
    nodes: list[Node] = []
    entries: dict[int, list[Entry]] = defaultdict(list)
    for number in range(len(program.checks)):
        nodes += Node(len(program.checks), len(nodes) + 1, FALSE), Node(number, TRUE, FALSE)
        for code in tried[number]:
            entries[code].append(Entry(number, len(nodes) - 2, uses_path=False))
    nodes.append(Node(len(program.checks), TRUE, FALSE))
    codes = sorted(program.entries)
    for place, code in enumerate(codes, len(program.checks)):
        entries[code].append(Entry(place, len(nodes) - 1, uses_path=False))
    rules = (*map(str, program.checks), *map(str, codes))
    made = Program(
        rules, (*program.checks, sampled), tuple(nodes), {code: tuple(row) for code, row in entries.items()},
        ((),) * len(rules),
    )  # fmt: skip
    return made, tried


def _checks(program: Program, roots: list[int]) -> Iterator[int]:
    seen: set[int] = set()
    while roots:
        at = roots.pop()
        if at >= 0 and at not in seen:
            seen.add(at)
            node = program.nodes[at]
            roots += [node.on_true, node.on_false]
    return iter({program.nodes[at].check for at in seen})


def count(program: Program, path: str) -> Counter[int]:
    """Return how often each rule matches the events of a capture."""
    found: Counter[int] = Counter()
    with CaptureFile(path) as file:
        run = replay.Replay(RuleProgram(program), file.fileno(), file.name, rule_matching="all")
        while not run.done:
            found.update(raw.rule for raw in run.read())
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture")
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--sample", type=float, default=0.02, help="fraction of each second that is looked at")
    args = parser.parse_args()
    program = compiler.compile(load_files(args.rules), select=lambda _rule: True).program
    assert program is not None
    made, tried = counting(program, args.sample)
    found = count(made, args.capture)
    first = len(program.checks)
    events = {code: found[first + place] for place, code in enumerate(sorted(program.entries))}
    rows: dict[tuple[str, str], list[tuple[float, int, str]]] = defaultdict(list)
    for number, check in enumerate(program.checks):
        seen = sum(events[code] for code in tried[number])
        if seen:
            constants = len(check.operand) or 1
            rows[str(check.left), check.op].append((found[number] / seen / constants, seen, str(check)[:60]))
    print(f"{sum(events.values())} events\n{'source and operator':40} checks   mean %    max %   events  most frequent")
    for (source, op), some in sorted(rows.items()):
        mean = sum(rate for rate, _, _ in some) / len(some)
        most, _, text = max(some)
        print(f"{f'{source} {op}':40} {len(some):6} {100 * mean:8.3f} {100 * most:8.3f} {some[0][1]:8}  {text}")


if __name__ == "__main__":
    main()
