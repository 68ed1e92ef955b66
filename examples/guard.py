# SPDX-License-Identifier: Apache-2.0
"""Guard of a command: kills it, and all processes that it started, at the first serious alert.

    sudo python examples/guard.py rules.yaml ./build.sh --all

tiercel detects, it does not prevent: the event of the alert has happened; the kill prevents later ones.
Notices of the sensor, for example about a loss, are printed and kill nothing: they are no alerts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import tiercel

LIMIT = tiercel.Priority.WARNING


def main(path: str, command: list[str]) -> int:
    """Run ``command`` under the rules of ``path``; return its status, or 99 if it was killed for an alert."""
    rules = tiercel.Ruleset.load(path)
    # The tree of this process is the command and what it starts: a sensor never reports its own process.
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid()), on_notice=report) as sensor:
        process = subprocess.Popen(command, start_new_session=True)
        for alerts in sensor.batches(timeout=0.05):
            serious = next((alert for alert in alerts if alert.priority <= LIMIT), None)
            if serious is not None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                print(f"killed: {serious}", file=sys.stderr)
                return 99
            if process.poll() is not None:
                break
    return process.returncode


def report(notice: tiercel.Notice) -> None:
    """Print a notice."""
    print(notice, file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: guard.py RULES COMMAND [ARG…]")
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except tiercel.TiercelError as error:
        sys.exit(f"{error}")
