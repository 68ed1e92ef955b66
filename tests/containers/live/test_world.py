# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to tests of container engines, nothing is left of what they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import live
from support.engines import isolate
from support.engines.images import Image
from support.engines.world import engines_problem, eventually

_TESTS = """
import sys
sys.path[:0] = sys.argv[1].split(":")
from support.engines.daemons import Podman
from support.engines.images import Image
from support.engines.world import World
from pathlib import Path
with World(shared_pids=sys.argv[2] == "shared") as world:
    podman = Podman(world)
    image = Image(Path(sys.argv[3]), *sys.argv[4:8])
    podman.load(image)
    podman.run(image, name="left")
    print(world.name, podman.inspect("left")["State"]["Pid"] if sys.argv[2] == "shared" else world.pid, flush=True)
    sys.stdin.read()
"""


def _groups(name: str) -> list[Path]:
    return [each.own / name for each in isolate.hierarchies() if (each.own / name).exists()]


def _started(image: Image, pids: str) -> subprocess.Popen[str]:
    path = ":".join([str(live.REPOSITORY / "tests"), str(live.REPOSITORY / "src")])
    command = [sys.executable, "-c", _TESTS, path, pids, *map(str, image)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("pids", ["own", "shared"])
@pytest.mark.parametrize("end", ["killed", "ends"])
def test_nothing_is_left_when_the_tests_end(image: Image, pids: str, end: str) -> None:
    live.gate(engines_problem(), "TIERCEL_KERNEL_TESTS")
    with _started(image, pids) as tests:
        assert tests.stdout
        assert tests.stdin
        name, process = tests.stdout.readline().split()
        assert _groups(name)
        os.kill(int(process), 0)
        if end == "killed":
            tests.send_signal(signal.SIGKILL)
        else:
            tests.stdin.close()
        tests.wait()
    eventually("its control groups are gone", lambda: not _groups(name))
    eventually("its processes are gone", lambda: not Path("/proc", process).exists())
    assert name not in Path("/proc/self/mounts").read_text()
