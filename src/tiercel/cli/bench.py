# SPDX-License-Identifier: Apache-2.0
"""tiercel bench: measure how fast this machine evaluates rules, and what a live sensor costs it.

By default, or with `all`, it measures every part that can run here. Replays need no privileges. Without --capture it
records a capture, which, like the live parts, needs the privileges of the sensor (see `tiercel doctor`). Live parts
watch only processes that they start themselves.

Cases run alternately, so that other load of the machine affects all of them. A figure is the median over the rounds.
Two installations also run alternately: compare them with --against, not with the figures of two separate runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from tiercel.bench.chart import Series, chart
from tiercel.bench.comparison import changes
from tiercel.bench.installation import AGAINST, THIS
from tiercel.bench.limits import Verdict, verdicts
from tiercel.bench.parts import PARTS, Part, load
from tiercel.bench.results import Figure, Report, machine
from tiercel.bench.session import Options, Session
from tiercel.bench.tables import changes_text, report_text, verdicts_text
from tiercel.cli import EXIT_FAILED, EXIT_OK
from tiercel.cli.alerting import say
from tiercel.errors import KernelError, UsageError

EXAMPLES = """\
  tiercel bench                                       everything; takes some minutes, as root
  tiercel bench replay --capture incident.scap.gz     nanoseconds and events per second of a replay
  tiercel bench replay -r rules.yaml                  with other rules than the packaged ones
  tiercel bench scaling --sizes 100,1000,10000        what more rules cost
  tiercel bench replay --save monday.json             and on Tuesday:
  tiercel bench replay --compare monday.json          what changed since
  tiercel bench replay --against ../old/.venv/bin/python     this version and another, by turns
  tiercel bench live --chart live.svg                 what a sensor costs system calls, drawn
  tiercel bench flood --seconds 10 --limits           hold it against this project's promises

exit status: 0 done, 1 it failed or a figure is beyond a limit, 2 wrong usage.
Figures go to standard output, what is being done to standard error.
"""

_ALL: Final = "all"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    width = max(len(part.name) for part in PARTS)
    listing = "\n".join(f"  {part.name:<{width}}  {part.summary}" for part in PARTS)
    parser.description = f"{parser.description}\nparts:\n{listing}\n"
    parser.usage = "tiercel bench [options] [PART …]"
    default = Options()
    add = parser.add_argument
    names = [_ALL, *(part.name for part in PARTS)]
    add("parts", nargs="*", metavar="PART", help=f"{', '.join(names[1:])}, or all (the default)")
    add("--json", action="store_true", help="print one JSON object: what --save writes")
    add("--save", metavar="FILE", help="write the results, for --compare")
    add("--compare", metavar="FILE", help="compare with the results in FILE")
    add("--chart", metavar="FILE", help="draw the main figures: an SVG file")
    add("--limits", action="store_true", help="compare the figures with this project's limits; exit 1 beyond one")
    add("--against", metavar="PLACE", help="measure another installation, too: its python, or a built source tree")
    what = parser.add_argument_group("what is measured").add_argument
    what("--capture", metavar="FILE", help="capture to replay, also .scap.gz; by default one is recorded")
    what(
        "-r",
        "--rules",
        action="append",
        default=[],
        metavar="PATH",
        help="rule file; repeatable. One set of rules, or one case each in scaling",
    )
    what("--sizes", type=_sizes, default=default.sizes, metavar="N,…", help="numbers of generated rules, for scaling")
    what(
        "--seconds",
        type=_seconds,
        default=default.seconds,
        metavar="S",
        help="of each load in drops, flood and latency (10)",
    )
    what("--rate", type=_positive, default=default.rate, metavar="N", help="events per second in latency (100,000)")
    what("--processes", type=_positive, default=default.processes, metavar="N", help="that run in memory (5,000)")
    what("--rounds", type=_positive, default=default.rounds, metavar="N", help=f"turns of each case ({default.rounds})")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_positive(number) for number in text.split(",")))


def run(args: argparse.Namespace) -> int:
    """Measure, print, and return the exit status."""
    chosen = _chosen(args.parts)
    before = None if args.compare is None else Report.load(args.compare)
    options = Options(
        capture=args.capture,
        rules=tuple(args.rules),
        against=args.against,
        rounds=args.rounds,
        seconds=args.seconds,
        sizes=args.sizes,
        processes=args.processes,
        rate=args.rate,
    )
    report = _measured(chosen, options, tolerant=not args.parts or _ALL in args.parts)
    held = verdicts(report.figures) if args.limits else []
    if args.save is not None:
        Path(args.save).write_text(report.to_json() + "\n")
    if args.chart is not None:
        Path(args.chart).write_text(_drawn(report, before))
    if args.json:
        more = {"limits": [verdict.to_dict() for verdict in held]} if args.limits else {}
        print(json.dumps(report.to_dict() | more, indent=2, ensure_ascii=False))
    else:
        _print(report, before, held)
    return EXIT_OK if all(verdict.kept for verdict in held) else EXIT_FAILED


def _print(report: Report, before: Report | None, held: list[Verdict]) -> None:
    """Print the tables."""
    print(report_text(report))
    if other := report.of(AGAINST):
        print(f"\n{changes_text(changes(other, report.of(THIS), paired=True), AGAINST, THIS)}")
    if before is not None:
        print(f"\n{changes_text(changes(before.of(THIS), report.of(THIS), paired=False), before.time, 'now')}")
    if held:
        print(f"\n{verdicts_text(held)}")


def _drawn(report: Report, before: Report | None) -> str:
    """Return the chart: this installation, the other one, and the saved results."""
    series = [Series("this", report.of(THIS))]
    if other := report.of(AGAINST):
        series.append(Series(AGAINST, other))
    if before is not None:
        series.append(Series(before.time, before.of(THIS)))
    about = report.machine
    title = f"tiercel bench, {about['processor']}, {about['processors']} processors, Linux {about['kernel']}"
    return chart(series, title)


def _chosen(names: list[str]) -> list[Part]:
    """Return the requested parts, in the order of the list."""
    known = {part.name for part in PARTS}
    for name in names:
        if name not in known and name != _ALL:
            hint = f"the parts are {', '.join(part.name for part in PARTS)}, and all"
            raise UsageError("E601", f"there is no part {name!r}", hint=hint)
    return [part for part in PARTS if not names or _ALL in names or part.name in names]


def _measured(parts: list[Part], options: Options, *, tolerant: bool) -> Report:
    """Measure; a part that cannot run here is an error only if it was named."""
    figures: list[Figure] = []
    skipped: dict[str, str] = {}
    name = ""

    terminal = sys.stderr.isatty()

    def progress(text: str) -> None:
        if terminal:
            print(f"\r\x1b[K{name}: {text}", end="", file=sys.stderr, flush=True)

    with Session(options, progress) as session:
        for part in parts:
            name = part.name
            if not terminal:
                say(f"{name}: {part.summary}")
            try:
                figures += load(part.name).measure(session)
            except KernelError as error:
                if not tolerant:
                    raise
                skipped[part.name] = error.text
            finally:
                if terminal:
                    print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return Report(tuple(figures), machine(), options.settings(), skipped)
