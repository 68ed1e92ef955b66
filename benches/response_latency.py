# SPDX-License-Identifier: Apache-2.0
"""Latency of a kill: from the kernel's time of an event until SIGKILL is sent, and until the process has ended.

Each of 100 processes opens a marked file, as the children of one tree that the sensor watches.

    python benches/response_latency.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import tiercel

ROUNDS = 100
RULES = """
- rule: Marked file
  desc: A file was opened.
  condition: evt.type = openat and fd.name = MARK
  output: "%proc.pid"
  priority: WARNING
"""
SCRIPT = 'while read line; do sh -c \'exec 3<"$0"; exec sleep 1000\' "$1"; echo ended; done'


def main() -> None:
    sent: list[int] = []
    ended: list[int] = []
    events: list[int] = []

    def note(alert: tiercel.Alert) -> None:
        events.append(alert.process.event_ns)

    def result(one: tiercel.ActionResult) -> None:
        assert one.outcome == "killed", one
        sent.append(one.latency_ns)

    with tempfile.TemporaryDirectory() as folder:
        mark = Path(folder, "mark")
        mark.touch()
        rules = tiercel.Ruleset.loads(RULES.replace("MARK", str(mark)))
        response = tiercel.Response("kill", rules=("Marked file",), rate=0)
        pipe = subprocess.PIPE
        argv = ["sh", "-c", SCRIPT, "sh", os.fspath(mark)]
        with (
            subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process,
            tiercel.Responder([response], on_alert=note, on_result=result) as responder,
            tiercel.Sensor(rules, scope=tiercel.Scope.tree(process.pid), on_alert=responder.handle),
        ):
            assert process.stdin
            assert process.stdout
            for number in range(ROUNDS):
                process.stdin.write("\n")
                process.stdin.flush()
                process.stdout.readline()
                ended.append(time.clock_gettime_ns(time.CLOCK_BOOTTIME) - events[number])
                time.sleep(0.02)
            process.stdin.close()
    for name, values in (("SIGKILL sent", sent), ("end seen by the parent", ended)):
        tail = sorted(values)[int(0.95 * len(values))]
        print(f"{name}: median {statistics.median(values) / 1e6:.2f} ms, 95 % {tail / 1e6:.2f} ms, n {len(values)}")


if __name__ == "__main__":
    main()
