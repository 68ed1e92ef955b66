# SPDX-License-Identifier: Apache-2.0
"""The sensor in an asyncio program."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from support.watch import python

from tiercel import Alert, Ruleset, Scope, Sensor

pytestmark = pytest.mark.kernel

RULES = """
- rule: Marked file opened
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name endswith .marked and evt.failed = false
  output: "%fd.name"
  priority: NOTICE
"""
OPENER = """
    import sys
    sys.stdin.readline()
    for _ in range(int(sys.argv[2])):
        open(sys.argv[1]).close()
    sys.stdin.readline()
"""


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    path = tmp_path / "file.marked"
    path.touch()
    return path


async def opener(path: Path, times: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(*python(OPENER, path, str(times)), stdin=asyncio.subprocess.PIPE)


async def let_go(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    await process.stdin.drain()


async def take(sensor: Sensor, count: int) -> list[Alert]:
    found: list[Alert] = []
    async for alert in sensor:
        found.append(alert)
        if len(found) == count:
            break
    return found


def test_async_iteration_waits_without_a_thread(marked: Path) -> None:
    async def main() -> None:
        process = await opener(marked, 3)
        async with Sensor(Ruleset.loads(RULES), scope=Scope.tree(process.pid)) as sensor:
            threads = set(threading.enumerate())
            taking = asyncio.create_task(take(sensor, 3))
            await asyncio.sleep(0.1)
            assert not taking.done()
            assert not set(threading.enumerate()) - threads
            await let_go(process)
            found = await asyncio.wait_for(taking, 20)
            assert [alert.fields["fd.name"] for alert in found] == [str(marked)] * 3
            await let_go(process)
            await process.wait()

    asyncio.run(main())


def test_it_ends_when_the_sensor_is_stopped(marked: Path) -> None:
    async def main() -> None:
        process = await opener(marked, 1)
        sensor = Sensor(Ruleset.loads(RULES), scope=Scope.tree(process.pid))
        async with sensor:
            await let_go(process)
            taking = asyncio.create_task(take(sensor, 100))
            while not sensor.stats().alerts:
                await asyncio.sleep(0.01)
            threading.Thread(target=sensor.stop).start()
            assert len(await asyncio.wait_for(taking, 20)) == 1
        await let_go(process)
        await process.wait()

    asyncio.run(main())


def test_an_iteration_can_be_cancelled_and_another_begun(marked: Path) -> None:
    async def main() -> None:
        process = await opener(marked, 1)
        async with Sensor(Ruleset.loads(RULES), scope=Scope.tree(process.pid)) as sensor:
            first = asyncio.create_task(take(sensor, 1))
            await asyncio.sleep(0.05)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            await let_go(process)
            assert len(await asyncio.wait_for(take(sensor, 1), 20)) == 1
            await let_go(process)
            await process.wait()

    asyncio.run(main())
