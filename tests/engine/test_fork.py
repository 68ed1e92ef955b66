# SPDX-License-Identifier: Apache-2.0
"""The child of a fork: whatever it calls of the parent's sensor raises or returns, though a lock was held."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.kernel

LOCKS = (
    "sensor",
    "unused",
    "ending",
    "source",
    "closing",
    "generations",
    "losses",
    "ticking",
    "recording",
    "resolver",
    "table",
)
# Forks once per lock of the parent, while a thread holds it, and prints the lock and the child's exit code. One process
# for all locks, since the start of a sensor that records takes 3 s of processor time. A child must be done before the
# alarm.
PROGRAM = """
import asyncio, os, signal, sys, threading, tempfile
import tiercel

rules = tiercel.Ruleset.loads("[]")
other = tiercel.Ruleset.loads('''
- rule: R
  desc: d
  condition: evt.type = open and container.image = x
  output: "%container.name"
  priority: INFO
''')
sensor = tiercel.Sensor(other, scope=tiercel.Scope.tree(os.getpid()), on_alert=lambda alert: None)
folder = tempfile.mkdtemp()
unused = tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid()))

class Start:
    '''Is compared while the process table is locked.'''
    def __init__(self, held, go_on):
        self.held, self.go_on = held, go_on

    def __ne__(self, other):
        self.held.set()
        self.go_on.wait()
        return False

HELD = {
    "unused": lambda: unused._locks.life,
    "sensor": lambda: sensor._locks.life,
    "ending": lambda: sensor._locks.ending,
    "source": lambda: sensor._source._lock,
    "closing": lambda: sensor._source._closing,
    "generations": lambda: sensor._intake.generations._lock,
    "losses": lambda: sensor._intake._losses._lock,
    "ticking": lambda: sensor._intake._ticking,
    "recording": lambda: recording._lock,
    "resolver": lambda: sensor._metadata._resolver._lock,
}

def is_refused(call):
    try:
        result = call()
    except tiercel.SensorError as error:
        return error.code == "E605"
    return False

async def iterate():
    async for _ in sensor:
        pass

CALLS = {
    "swap_rules": lambda: sensor.swap_rules(rules),
    "start": lambda: sensor.start(),
    "run": lambda: sensor.run(0.1),
    "read": lambda: sensor.read(),
    "batches": lambda: list(sensor.batches()),
    "iteration": lambda: list(sensor),
    "async": lambda: asyncio.run(iterate()),
    "fileno": lambda: sensor.fileno(),
    "notices": lambda: sensor.notices.take(),
    "flush": lambda: sensor.flush(),
    "stats": lambda: sensor.stats(),
    "record": lambda: sensor.record(folder + "/b.scap"),
    "recording.stats": lambda: recording.stats(),
}

def hold(lock, held, go_on):
    if lock == "table":
        table = sensor._source._table
        table.end_others({one["tgid"]: Start(held, go_on) for one in table.snapshot()}, 1 << 62)
        return
    with HELD[lock]():
        held.set()
        go_on.wait()

def use_all():
    '''Call everything in the child.'''
    assert not sensor.running
    assert not recording.running
    for name, call in CALLS.items():
        assert is_refused(call), name
    sensor.stop()
    recording.end()
    sensor.__exit__(None, None, None)
    assert recording.wait(1)
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getppid())) as another:
        assert another.flush(10)
    assert tiercel.Engine(other).evaluate({"evt.type": "open"}) == []
    unused.swap_rules(other)
    unused.start()
    unused.stop()

def fork_while_held(lock):
    held, go_on = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(lock, held, go_on))
    holder.start()
    held.wait()
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            signal.alarm(20)
            use_all()
            status = 0
        finally:
            if status:
                import traceback
                print(lock, file=sys.stderr)
                traceback.print_exc()
            os._exit(status)
    status = os.waitpid(pid, 0)[1]
    go_on.set()
    holder.join()
    assert sensor.running and recording.running and sensor.flush(20)
    print(lock, os.waitstatus_to_exitcode(status), flush=True)

with sensor, sensor.record(folder + "/a.scap") as recording:
    for lock in sys.argv[1:]:
        fork_while_held(lock)
"""


@pytest.fixture(scope="module")
def forked() -> subprocess.CompletedProcess[str]:
    """The outcome of the forks."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(PROGRAM), *LOCKS]
    return subprocess.run(command, capture_output=True, text=True, timeout=290, check=False)


@pytest.mark.parametrize("held", LOCKS)
def test_a_child_does_not_wait_for_a_lock_of_its_parent(forked: subprocess.CompletedProcess[str], held: str) -> None:
    assert f"{held} 0" in forked.stdout.splitlines(), (forked.stdout, forked.stderr)


def test_the_parent_goes_on(forked: subprocess.CompletedProcess[str]) -> None:
    assert forked.returncode == 0, forked.stderr
