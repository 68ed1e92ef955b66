# SPDX-License-Identifier: Apache-2.0
"""Agent: one installation of tiercel under measurement, which loads rules, replays and watches on request.

The Python of the measured installation, possibly an older one, runs the text of this module (``python -c``). So it uses
only the standard library and the public API. It reads requests, one JSON object per line, and writes one line as the
response to each. It ends with its standard input.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections import Counter
from typing import Any

import tiercel


class Agent:
    """Request handler; each public method is one request."""

    def __init__(self) -> None:
        self._rules: dict[str, tiercel.Ruleset] = {}
        self._sensor: tiercel.Sensor | None = None
        self._alerts: Counter[str] = Counter()
        self._delays: list[int] = []
        self._cpu = 0
        self._events = 0

    def about(self) -> dict[str, Any]:
        """Return the version and place of this installation."""
        return {"python": sys.version.split()[0], "path": os.path.dirname(tiercel.__file__)}  # noqa: PTH120

    def pin(self, cpus: list[int]) -> dict[str, Any]:
        """Pin this process, and the threads that it starts, to some processors."""
        os.sched_setaffinity(0, cpus)
        return {}

    def load(self, name: str, files: list[str]) -> dict[str, Any]:
        """Load and compile rules, the packaged ones if no file is given; ``cpu`` and ``wall`` in nanoseconds."""
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        rules = tiercel.Ruleset.load(*files) if files else tiercel.Ruleset.packaged()
        rules.compile()
        self._rules[name] = rules
        spent = {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall}
        return {"rules": len(rules.enabled), **spent}

    def replay(self, rules: str, capture: str) -> dict[str, Any]:
        """Evaluate a capture; the time of compilation does not count."""
        with tiercel.replay(capture, self._rules[rules]) as alerts:
            cpu, wall = time.process_time_ns(), time.perf_counter_ns()
            count = sum(1 for _ in alerts)
            spent = {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall}
            return {"events": alerts.stats().events, "alerts": count, **spent}

    def start(self, rules: str, tree: int) -> dict[str, Any]:
        """Start to watch a process tree; alerts are taken as they arrive."""
        sensor = tiercel.Sensor(self._rules[rules], scope=tiercel.Scope.tree(tree))
        sensor.start()
        self._sensor = sensor
        return self.mark()

    def mark(self) -> dict[str, Any]:
        """Reset the counters of processor time and events, and drop the alerts so far."""
        assert self._sensor is not None
        self._drain()
        self._alerts.clear()
        self._delays.clear()
        self._events = self._sensor.stats().events
        self._cpu = time.process_time_ns()
        return {}

    def spent(self) -> dict[str, Any]:
        """Wait until all events are evaluated; return counters and processor time since the mark."""
        assert self._sensor is not None
        self._sensor.flush(30)
        self._drain()
        cpu = time.process_time_ns() - self._cpu
        return {"cpu": cpu, "events": self._sensor.stats().events - self._events}

    def stop(self, delays: bool = False) -> dict[str, Any]:
        """Wait until all events are evaluated, end, and return the counters."""
        sensor = self._sensor
        assert sensor is not None
        flushed = sensor.flush(30)
        self._drain()
        cpu = time.process_time_ns() - self._cpu
        sensor.stop()
        self._drain()
        stats = sensor.stats()
        self._sensor = None
        found: dict[str, Any] = {
            "flushed": flushed,
            "events": stats.events,
            "drops": dict(stats.drops),
            "lost_alerts": stats.lost_alerts,
            "malformed": stats.malformed,
            "matches": dict(stats.matches),
            "alerts": dict(self._alerts),
            "cpu": cpu,
        }
        return {**found, "delays": self._delays} if delays else found

    def _fds(self) -> list[int]:
        """Return the descriptors to wait for: requests, and alerts of a sensor."""
        return [0] if self._sensor is None else [0, self._sensor.fileno()]

    def _drain(self) -> None:
        """Take the queued alerts; the delay of an alert is its age at this time."""
        while self._sensor is not None and (alerts := self._sensor.read()):
            now = time.time_ns()
            for alert in alerts:
                self._alerts[alert.rule] += 1
                self._delays.append(now - alert.time_ns)

    def _serve(self) -> None:
        waiting = b""
        while True:
            if 0 not in select.select(self._fds(), [], [])[0]:
                self._drain()
                continue
            got = os.read(0, 1 << 16)
            if not got:
                return
            *lines, waiting = (waiting + got).split(b"\n")
            for line in lines:
                print(json.dumps(self._answer(json.loads(line))), flush=True)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        method = request.pop("do")
        try:
            answer: dict[str, Any] = getattr(self, method)(**request)
        except tiercel.TiercelError as error:
            return {"error": [type(error).__name__, error.code, error.text, error.hint]}
        return answer


if __name__ == "__main__":
    Agent()._serve()
