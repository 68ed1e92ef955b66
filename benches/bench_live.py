# SPDX-License-Identifier: Apache-2.0
"""What a live sensor costs the programs it watches, and what it loses under load. Needs root.

The workload runs on one CPU, the sensor on another. Cases take turns, some ten thousand calls each, so that whatever
else the machine does hits all of them; a ratio is the median over the rounds of a case's time by the bare one's of the
same round.

    python -m benches.bench_live [--calls N] [--rounds N] [--execs N]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from tiercel import compiler
from tiercel._core.probe import Probe
from tiercel._core.program import RuleProgram
from tiercel._core.pump import Pump
from tiercel._core.queue import AlertQueue
from tiercel._core.threads import ProcessTable
from tiercel.rules import load_text

SOURCE = Path(__file__).with_name("workload.c")
WORKLOAD_CPU, SENSOR_CPU = 0, 1
UNINTERESTED = "evt.type = unlink and fs.path.name = /nonexistent"
NEVER = "evt.type in (open, openat, openat2) and fd.name startswith /nonexistent/"
EVERY_EXEC = "evt.type = execve and evt.failed = false"

# What issue 2 asks for: case and highest ratio.
LIMITS = {"no rule about open": 1.15, "a rule that never matches": 1.6}


class Sensor:
    """Probe, drain thread and queue with one rule, for the process tree of ``pid``."""

    def __init__(self, condition: str, pid: int) -> None:
        text = f"- rule: bench\n  desc: d\n  condition: {condition}\n  output: '%proc.name'\n  priority: INFO\n"
        program = compiler.compile(load_text(text)).program
        assert program is not None
        self.probe = Probe(resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes())
        self.probe.load(program.live, scope="tree")
        self.queue = AlertQueue(capacity=1 << 17)
        self.pump = Pump(self.probe.rings(), RuleProgram(program), ProcessTable(), self.queue)
        self.pump.start()
        self.probe.attach()
        self.probe.watch_tree(pid)
        self.probe.detach()

    def lost(self) -> int:
        """Everything that was lost on the way to a reader."""
        probe, queue = self.probe.stats(), self.queue.stats()
        in_kernel = probe["lost_lifecycle"] + probe["lost_volume"] + probe["unfit"]
        return in_kernel + queue["lost_oldest"] + queue["lost_newest"]

    def close(self) -> None:
        """Stop everything."""
        self.pump.stop()
        self.probe.close()


@contextlib.contextmanager
def workload(kind: str, count: int) -> Iterator[subprocess.Popen[str]]:
    """A running workload that waits to be told to go."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "workload"
        subprocess.run(["gcc", "-O2", "-o", program, SOURCE], check=True)
        arguments = [str(program), str(WORKLOAD_CPU), kind, str(count)]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder)
        assert process.stdout
        process.stdout.readline()
        try:
            yield process
        finally:
            process.communicate()


def go(process: subprocess.Popen[str]) -> float:
    """Let a workload run once; its nanoseconds per call."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())


@dataclass
class Opens:
    """Nanoseconds per openat and close, by case and round."""

    times: dict[str, list[float]] = field(default_factory=dict)
    events: int = 0
    lost: int = 0
    cpu_ns: float = 0.0
    peak: float = 0.0
    out_of_order: int = 0

    def ratio(self, case: str) -> float:
        """Slowdown against no sensor: the median of the rounds' ratios."""
        return statistics.median(a / b for a, b in zip(self.times[case], self.times["no sensor"], strict=True))


def measure_opens(calls: int, rounds: int) -> Opens:
    """Run the open loop bare and under two sensors, by turns."""
    found = Opens()
    with workload("open", calls // rounds) as process:
        names = list(LIMITS)
        sensors = {
            names[0]: Sensor(UNINTERESTED, process.pid),
            names[1]: Sensor(NEVER, process.pid),
        }
        found.times = {name: [] for name in ("no sensor", *sensors)}
        go(process)
        for _ in range(rounds):
            found.times["no sensor"].append(go(process))
            for name, sensor in sensors.items():
                sensor.probe.attach()
                found.times[name].append(go(process))
                sensor.probe.detach()
                sensor.pump.flush(10)
        watching = sensors[names[1]]
        stats = watching.pump.stats_snapshot()
        found.events = stats["events"]
        found.lost = watching.lost()
        found.cpu_ns = stats["cpu_ns"] / max(stats["events"], 1)
        found.peak = max(peak / size for peak, size in zip(stats["ring_peak"], stats["ring_size"], strict=True))
        found.out_of_order = stats["out_of_order"]
        for sensor in sensors.values():
            sensor.close()
    return found


def measure_execs(count: int) -> tuple[int, int, float]:
    """Start /bin/true as fast as possible under a rule about execve: alerts, losses, microseconds each."""
    with workload("exec", count) as process:
        sensor = Sensor(EVERY_EXEC, process.pid)
        sensor.probe.attach()
        each = go(process) / 1000
        sensor.pump.flush(60)
        alerts = sensor.queue.stats()["queued"]
        lost = sensor.lost()
        sensor.close()
    return alerts, lost, each


def measure_latency(rounds: int = 40) -> list[float]:
    """Milliseconds from an open to its alert in a Python thread that waits for it, after a pause each."""
    waits = []
    with workload("open", 1) as process:
        sensor = Sensor("evt.type = openat and fd.name = /usr/bin/true", process.pid)
        sensor.probe.attach()
        for n in range(rounds):
            time.sleep(0.02 + n * 0.003)
            began = time.monotonic()
            go(process)
            sensor.queue.pop(timeout=5)
            waits.append((time.monotonic() - began) * 1000)
        sensor.close()
    return sorted(waits)


def measure_idle(seconds: float = 3.0) -> float:
    """Share of one CPU that a sensor takes while nothing happens, in percent."""
    with workload("open", 1) as process:
        sensor = Sensor(NEVER, process.pid)
        sensor.probe.attach()
        time.sleep(0.5)
        before = sensor.pump.stats_snapshot()["cpu_ns"]
        time.sleep(seconds)
        spent = sensor.pump.stats_snapshot()["cpu_ns"] - before
        sensor.close()
    return spent / seconds / 1e7


def report_opens(opens: Opens) -> bool:
    """Print the open loop's figures; whether they keep to the limits."""
    print(f"  {'openat + close':28}{'median':>10}{'added':>10}{'ratio':>8}{'limit':>8}")
    bare = statistics.median(opens.times["no sensor"])
    for name, times in opens.times.items():
        median = statistics.median(times)
        limit = LIMITS.get(name)
        over = "" if limit is None or opens.ratio(name) <= limit else "  OVER"
        line = f"  {name:28}{median:7.0f} ns{median - bare:7.0f} ns{opens.ratio(name):8.3f}"
        print(line + (f"{limit:8.2f}{over}" if limit else ""))
    print(f"  {opens.events:,} events, {opens.lost} lost, {opens.out_of_order} out of order", end="; ")
    print(f"ring at most {opens.peak:.1%} full; drain thread {opens.cpu_ns:.0f} ns per event")
    return opens.lost == 0 and all(opens.ratio(name) <= limit for name, limit in LIMITS.items())


def main(arguments: list[str]) -> int:
    """Measure and print; 1 if a limit of issue 2 is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benches.bench_live", description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=500_000, help="openat calls of each case")
    parser.add_argument("--rounds", type=int, default=25, help="turns that they are made in")
    parser.add_argument("--execs", type=int, default=20_000, help="programs started in the flood")
    options = parser.parse_args(arguments)
    if os.geteuid() != 0:
        print("live sensor: not measured, it needs root")
        return 0
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SENSOR_CPU} & before or before)
    try:
        print("live sensor")
        good = report_opens(measure_opens(options.calls, options.rounds))
        alerts, lost, each = measure_execs(options.execs)
        exact = alerts + lost == options.execs
        print(f"  {options.execs:,} execve at {each:.0f} us each: {alerts:,} alerts + {lost} reported losses", end="")
        print("" if exact else f" IS NOT {options.execs:,}")
        waits = measure_latency()
        print(f"  open to alert in Python: median {statistics.median(waits):.1f} ms, worst {waits[-1]:.1f} ms")
        print(f"  idle sensor: {measure_idle():.2f} % of a CPU")
    finally:
        os.sched_setaffinity(0, before)
    return 0 if good and exact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
