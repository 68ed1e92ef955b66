# SPDX-License-Identifier: Apache-2.0
"""Agent for asyncio programs: prints alerts as JSON, and the counters of the sensor once a minute.

    sudo python examples/agent.py [RULES…]

Without arguments it uses the packaged rules.  SIGINT and SIGTERM end it; alerts of earlier events are still printed.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import tiercel


async def report_stats(sensor: tiercel.Sensor, period: float) -> None:
    """Print the counters again and again."""
    while True:
        await asyncio.sleep(period)
        stats = sensor.stats()
        print(f"{stats.events} events, {stats.alerts} alerts, {stats.dropped} dropped", file=sys.stderr)


async def main(paths: list[str]) -> None:
    """Watch the whole machine until a signal comes."""
    rules = tiercel.Ruleset.load(*paths) if paths else tiercel.Ruleset.packaged()
    loop = asyncio.get_running_loop()
    async with tiercel.Sensor(rules) as sensor:
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, sensor.stop)
        print("watching", file=sys.stderr, flush=True)
        reporter = asyncio.create_task(report_stats(sensor, 60))
        async for alert in sensor:  # ends when the sensor is stopped
            print(alert.to_json(), flush=True)
        reporter.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except tiercel.TiercelError as error:
        sys.exit(f"{error}")
