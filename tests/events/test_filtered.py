# SPDX-License-Identifier: Apache-2.0
"""A rule about one file: no way to open it stays hidden, and other opens never leave the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import native
from support.calls import Running, call, call32, reads, request, ring
from support.falco import AT_FDCWD
from support.live import gate, handle_problem, uring_problem
from support.native import file_handle, open_how
from support.recorder import private_mounts

import tiercel

# The 32-bit table.
OPEN32, OPENAT32 = 5, 295
URING_OPENAT = 18

RULE = """
- rule: opened
  desc: d
  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.num >= 0 and fd.name = {path}
  output: "%evt.type"
  priority: INFO
"""


@pytest.fixture
def sensor(secret: Path) -> Iterator[tiercel.Sensor]:
    rules = tiercel.Ruleset.loads(RULE.format(path=secret))
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        yield sensor
        assert sensor.stats().lossless


@pytest.fixture
def opens(sensor: tiercel.Sensor, program: Path) -> Callable[..., int]:
    """Runs steps, and returns for how many opens there were alerts."""

    def opens(*steps: Any, **options: Any) -> int:
        running = Running(program, steps, **options)
        running.finish()
        assert sensor.flush(timeout=10)
        return len([alert for alert in sensor.read(max=100) if alert.source == "syscall"])

    return opens


def test_other_opens_stay_in_the_kernel(sensor: tiercel.Sensor, opens: Callable[..., int], secret: Path) -> None:
    others = [reads("/etc/hosts"), call("open", secret.parent, os.O_RDONLY, 0), reads(f"{secret}s")]
    writes = call("open", secret, os.O_WRONLY, 0)
    before = sensor.stats()
    assert opens(*others, writes) == 0
    after = sensor.stats()
    assert after.filtered["open"] == before.filtered.get("open", 0) + 2
    assert after.filtered["openat"] >= before.filtered.get("openat", 0) + 2


def test_every_call(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    how = open_how(os.O_RDONLY)
    steps = (
        call("open", secret, os.O_RDONLY, 0),
        call("openat", AT_FDCWD, secret, os.O_RDWR, 0),
        call("openat2", AT_FDCWD, secret, how, len(how)),
        call32(OPEN32, secret, os.O_RDONLY, 0),
        call32(OPENAT32, AT_FDCWD, "etc/secret", os.O_RDONLY, 0),
    )
    assert opens(*steps, cwd=tmp_path) == len(steps)


def test_links_and_dots(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(secret)
    (tmp_path / "chain").symlink_to("link")
    (tmp_path / "elsewhere").symlink_to("etc")
    (tmp_path / "etc" / "deep").mkdir()
    (tmp_path / "deeper").symlink_to("etc/deep")
    ways = [
        tmp_path / "link",
        "chain",
        tmp_path / "elsewhere" / "secret",
        "deeper/../secret",
        f"{tmp_path}/etc/./secret",
        f"/{secret}",
        f"{tmp_path}/etc/../etc//secret",
        "etc/secret",
        "./etc/secret",
    ]
    assert opens(*map(reads, ways), cwd=tmp_path) == len(ways)


def test_doors_of_proc(opens: Callable[..., int], secret: Path) -> None:
    ways = [f"/proc/self/root{secret}", f"/proc/thread-self/root{secret}", "/proc/self/cwd/secret", "/proc/self/fd/3"]
    assert opens(reads(secret), *map(reads, ways), cwd=secret.parent) == 1 + len(ways)


def test_directories_of_descriptors(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    inner = call("openat", directory, "etc", os.O_PATH, 0)
    steps = [
        call("openat", directory, "etc/secret", os.O_RDONLY, 0),
        call("openat", inner, "secret", os.O_RDONLY, 0),
        call("openat", inner, "../etc/secret", os.O_RDONLY, 0),
    ]
    assert opens(directory, inner, *steps, cwd="/") == len(steps)


def test_changed_root(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    steps = (call("chroot", tmp_path), call("chdir", "/"), reads("/etc/secret"), reads("etc/secret"))
    assert opens(*steps) == 2


def test_mounts(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    """Bind mounts of the directory and of the file, in a namespace of its own."""
    place, harmless = tmp_path / "place", tmp_path / "harmless"
    place.mkdir()
    harmless.touch()
    steps = (
        private_mounts(),
        call("mount", secret.parent, place, None, native.MS_BIND, None),
        call("mount", secret, harmless, None, native.MS_BIND, None),
        reads(place / "secret"),
        reads("place/secret"),
        reads(harmless),
        reads("harmless"),
        call("umount2", harmless, 0),
        call("umount2", place, 0),
    )
    assert opens(*steps, cwd=tmp_path) == 4


def test_root_that_is_a_mount(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    """The name is the whole path below the root of the process, and is not that of the file for others."""
    place, top = tmp_path / "place", call("open", "/", os.O_RDONLY | os.O_DIRECTORY, 0)
    place.mkdir()
    (tmp_path / "here").symlink_to(".")
    steps = (
        private_mounts(),
        call("mount", tmp_path, place, None, native.MS_BIND, None),
        top,
        call("chroot", place),
        call("chdir", "/"),
        reads("/etc/secret"),
        reads("/here/etc/secret"),
        reads("etc/secret"),
        call("fchdir", top),
        call("chroot", "."),
        call("umount2", place, 0),
    )
    assert opens(*steps) == 3


def test_a_file_under_its_mounted_name(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    """The name in the rule is that of another file, until something is mounted over it."""
    other = tmp_path / "other"
    other.write_text("other")
    steps = (
        private_mounts(),
        call("mount", other, secret, None, native.MS_BIND, None),
        reads(secret),
        reads("etc/secret"),
        call("umount2", secret, 0),
    )
    assert opens(*steps, cwd=tmp_path) == 2


def test_removed_file(opens: Callable[..., int], secret: Path) -> None:
    assert opens(reads(secret), call("unlink", secret), reads("/proc/self/fd/3")) == 2


def test_handles(program: Path, secret: Path) -> None:
    name = file_handle(secret)
    gate(handle_problem(name))
    rule = RULE.format(path=secret).replace("openat2)", "openat2, open_by_handle_at)")
    with tiercel.Sensor(tiercel.Ruleset.loads(rule), scope=tiercel.Scope.tree(os.getpid())) as sensor:
        mount = call("open", secret.parent, os.O_RDONLY, 0)
        Running(program, (mount, call("open_by_handle_at", mount, name, os.O_RDONLY))).finish()
        assert sensor.flush(timeout=10)
        assert len([alert for alert in sensor.read(max=100) if alert.source == "syscall"]) == 1


def test_requests_of_io_uring(opens: Callable[..., int], secret: Path, tmp_path: Path) -> None:
    gate(uring_problem(), "TIERCEL_KERNEL_TESTS")
    (tmp_path / "link").symlink_to(secret)
    ways = ["link", "etc/secret", str(secret)]
    requests = [request(URING_OPENAT, AT_FDCWD, way, 0, 0, os.O_RDONLY) for way in ways]
    assert opens(ring(), *requests, cwd=tmp_path) == len(ways)


def test_rules_are_swapped_while_files_are_opened(secret: Path) -> None:
    """All rule sets have the rule about the file, and each another filter: not one open of it is missed."""
    others = ["/nonexistent/", "/etc/shadow", "/root/", "/boot/vmlinuz"]
    sets = [
        tiercel.Ruleset.loads(RULE.format(path=secret) + RULE.format(path=other).replace("opened", "other", 1))
        for other in others
    ]
    script = (
        f"import time\nfor _ in range(400):\n open('{secret}').close(); open('/etc/hosts').close(); time.sleep(.005)"
    )
    with tiercel.Sensor(sets[0], scope=tiercel.Scope.tree(os.getpid())) as sensor:
        worker = subprocess.Popen([sys.executable, "-I", "-S", "-c", script])
        swaps = 0
        while worker.poll() is None:
            swaps += 1
            sensor.swap_rules(sets[swaps % len(sets)])
            time.sleep(0.02)  # a filter, which a swap opens for a moment, is in force most of the time
        assert sensor.flush(timeout=10)
        alerts = [alert for batch in iter(lambda: sensor.read(max=1000), []) for alert in batch]
        assert [alert.rule for alert in alerts if alert.source == "syscall"] == ["opened"] * 400
        assert swaps > 5
        assert sensor.stats().filtered["openat"] > 100
