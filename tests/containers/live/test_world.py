# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to tests of container engines, nothing is left of what they started; an engine's crash is known."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import live
from support.engines import isolate
from support.engines.daemons import EngineCrashError, Podman
from support.engines.images import Image
from support.engines.world import World, engines_problem
from support.waiting import eventually

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
    eventually(lambda: not _groups(name), 60, "its control groups are gone")
    eventually(lambda: not Path("/proc", process).exists(), 60, "its processes are gone")
    assert name not in Path("/proc/self/mounts").read_text()


@pytest.fixture
def podman() -> Iterator[Podman]:
    live.gate(engines_problem(), "TIERCEL_KERNEL_TESTS")
    with World() as world:
        podman = Podman(world)
        podman.start()
        yield podman


@pytest.mark.parametrize("folder", ["/run", "/dev/shm", "/var/lib", "/var/log"])
def test_what_engines_keep_is_not_kept_outside(podman: Podman, folder: str) -> None:
    mark = f"{folder}/{podman.world.name}"
    podman.world.run("touch", mark)
    assert podman.world.path(mark).exists()
    assert not Path(mark).exists()


def test_half_a_line_of_events_ends_podman_before_5_6(podman: Podman) -> None:
    version = tuple(map(int, re.findall(r"\d+", podman.call("version", "--format", "{{.Client.Version}}"))))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(podman.outer_socket))
        client.sendall(b"GET /v4.0.0/libpod/events HTTP/1.1\r\nHost: d\r\n\r\n")
        client.settimeout(20)
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        podman.world.run("sh", "-c", """printf '{"Na' >>/run/podman/tmp/events/events.log""")
        if version >= (5, 6):
            client.recv(100)
            podman.check()
            return
        eventually(podman.crashed, 60, "it has crashed")
    with pytest.raises(EngineCrashError, match="nil pointer"):
        podman.check()
    podman.revive()
    podman.check()


def test_whoever_kills_podman_is_not_taken_for_podman(podman: Podman) -> None:
    podman.world.run("sh", "-c", f"kill -9 $(cat {podman.pidfile})")
    with pytest.raises(AssertionError) as caught:
        eventually(podman.check, 60, "it has ended")
    assert not isinstance(caught.value, EngineCrashError)
    assert "podman has ended: -9" in str(caught.value)
