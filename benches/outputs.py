# SPDX-License-Identifier: Apache-2.0
"""Delivery of alerts while a receiver is away: losses, repetitions, and cost for the thread that sends.

python -m benches.outputs outage [--alerts N] [--stop SECONDS]   an HTTPS server that fails in turns and stops
python -m benches.outputs dead [--rounds N]                      replay with and without a receiver that is away
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.support import scapfile
from tests.support.alert_views import View
from tests.support.certificates import make_certificate
from tests.support.receivers import HttpsReceiver, server_context
from tiercel import Ruleset, replay
from tiercel.outputs import FileOutput, Output
from tiercel.outputs.dispatch import Delivery
from tiercel.outputs.http import HttpOutput
from tiercel.outputs.route import Route, SpoolPlace
from tiercel.outputs.worker import OutputStats

SCHEME, CLOSED_PORT = "http", 1
PACE = 10_000  # alerts per second
BATCH = 100
EVENTS = 100_000
EVERY = 100  # one event of so many raises an alert
RULES = """
- rule: Marked file
  desc: A file was opened.
  condition: evt.type = openat and fd.name endswith "MARK"
  output: "File opened (file=%fd.name command=%proc.cmdline user=%user.name)"
  priority: WARNING
"""


def outage(arguments: argparse.Namespace) -> int:
    """Send alerts; stop the server after a tenth of them, for some seconds."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "cert.pem"), Path(folder, "key.pem")
        make_certificate(*files, "localhost", "subjectAltName=DNS:localhost")
        receiver = HttpsReceiver(server_context(files))
        receiver.refuses = lambda number: number % 3 == 0
        make = partial(HttpOutput, receiver.url, format="falco", ca_cert=str(files[0]), batch=BATCH)
        spool = SpoolPlace(str(Path(folder, "spool")), 1 << 30)
        delivery = Delivery([Route("http", make, timeout=60.0, spool=spool)], lambda _: None)
        stopping = threading.Thread(target=_stop, args=(receiver, arguments.alerts // 10, arguments.stop))
        stopping.start()
        start, most, used = time.monotonic(), 0, time.thread_time()
        for at in range(0, arguments.alerts, 10):
            delivery.send([View(number) for number in range(at, at + 10)])
            most = max(most, delivery.stats()["http"].spooled)
            time.sleep(max(0.0, start + at / PACE - time.monotonic()))
        sent, used = time.monotonic() - start, time.thread_time() - used
        stopping.join()
        while (stats := delivery.stats()["http"]).spooled:
            time.sleep(0.01)
        total = time.monotonic() - start
        delivery.close()
        receiver.stop()
    return _report(arguments.alerts, receiver.seen, stats, f"sent in {sent:.1f} s, {used / arguments.alerts * 1e6:.0f}"
                   f" µs of processor time each; delivered after {total:.1f} s; at most {most} spooled")  # fmt: skip


def _stop(receiver: HttpsReceiver, count: int, seconds: float) -> None:
    while not receiver.has(count):
        time.sleep(0.01)
    receiver.stop()
    time.sleep(seconds)
    receiver.start()


def _report(count: int, seen: list[int], stats: OutputStats, line: str) -> int:
    unique = list(dict.fromkeys(seen))
    missing = count - len(set(seen))
    ordered = unique == sorted(unique)
    print(line)
    print(f"{missing} missing, {len(seen) - len(unique)} twice, in order: {'yes' if ordered else 'no'}; {stats}")
    return int(bool(missing) or not ordered)


def dead(arguments: argparse.Namespace) -> int:
    """Replay a capture; compare the processor time of the thread that replays, in alternate rounds."""
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder, "bench.scap")
        capture.write_bytes(_capture())
        rules = Ruleset.loads(RULES)
        cases: dict[str, Callable[[], list[Any]]] = {
            "a receiver that accepts": lambda: [_file(), _Accepts()],
            "a receiver that is away": lambda: [_file(), _away()],
            "a receiver that is away, spooled": lambda: [_file(), _spooled(folder)],
            "no receiver, a file only": lambda: [_file()],
        }
        times: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(arguments.rounds):
            for name, make in cases.items():
                with _closed(Delivery(make(), lambda _: None)) as delivery:
                    before = time.thread_time()
                    for alert in replay(capture, rules):
                        delivery.send((alert,))
                    times[name].append(time.thread_time() - before)
    base = times["a receiver that accepts"]
    for name, found in times.items():
        ratio = statistics.median(one / two for one, two in zip(found, base, strict=True))
        print(f"{name:40} {statistics.median(found) * 1000:8.1f} ms  {100 * (ratio - 1):+6.2f} %")
    return 0


def _capture() -> bytes:
    """Return a capture in which each hundredth event opens the marked file."""
    paths = (f"/usr/share/doc/{'MARK' if number % EVERY == 0 else 'readme'}" for number in range(EVENTS))
    calls = (
        scapfile.call("openat", 3, -100, path, 1, 0, 0, 7, ts=scapfile.START + at) for at, path in enumerate(paths)
    )
    return scapfile.capture(*calls)


class _Accepts:
    """Remote output without a receiver: it accepts each alert at once."""

    remote = True

    def send(self, alert: Any) -> None: ...

    def send_batch(self, alerts: Any) -> None: ...

    def close(self) -> None: ...


def _file() -> Output:
    return FileOutput("/dev/null")


def _away() -> Output:
    return HttpOutput(f"{SCHEME}://127.0.0.1:{CLOSED_PORT}/")


def _spooled(folder: str) -> Route:
    return Route("http", partial(_away), spool=SpoolPlace(f"{folder}/spool", 1 << 30))


@contextlib.contextmanager
def _closed(delivery: Delivery) -> Iterator[Delivery]:
    try:
        yield delivery
    finally:
        delivery.close()


def main(arguments: list[str]) -> int:
    """Run one bench."""
    parser = argparse.ArgumentParser(prog="python -m benches.outputs", description=__doc__)
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("outage")
    part.add_argument("--alerts", type=int, default=100_000)
    part.add_argument("--stop", type=float, default=10.0)
    part.set_defaults(run=outage)
    part = parts.add_parser("dead")
    part.add_argument("--rounds", type=int, default=15)
    part.set_defaults(run=dead)
    found = parser.parse_args(arguments)
    return int(found.run(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
