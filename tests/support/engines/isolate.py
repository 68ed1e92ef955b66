# SPDX-License-Identifier: Apache-2.0
"""Isolated place for container engines, in which they leave nothing; works inside a chroot too.

``python isolate.py NAME own-pids|shared-pids`` makes a control group NAME below its own in every hierarchy, and in it a
process with namespaces of its own for mounts, control groups, the network, names and, unless they are to be shared,
process ids: the first of a small world, with empty folders /run, /dev/shm and such. It prints the id of that process,
as seen from outside, when the world is ready; ``nsenter`` starts the engines in it. When this program ends, so does
everything in the world, and its control groups are removed.

A chroot's root is no mount point, and runc's pivot_root needs one: the world's root is a bind mount of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Final, NamedTuple

_LIBC = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWNS, _CLONE_NEWCGROUP, _CLONE_NEWUTS = 0x20000, 0x2000000, 0x4000000
_CLONE_NEWIPC, _CLONE_NEWPID, _CLONE_NEWNET = 0x8000000, 0x20000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1

# Podman's locks are in /dev/shm: those of containers that end with their world would stay taken.
EMPTY_FOLDERS: Final = ("/run", "/dev/shm", "/var/lib", "/var/log")
# Below the world's group: version 2 wants processes in leaves only. Other endings look like a container of containerd.
ENGINES_GROUP: Final = "engines.scope"


class Hierarchy(NamedTuple):
    """One mounted control group hierarchy, and the group in it."""

    kind: str  # cgroup or cgroup2
    mount: Path
    controllers: str  # as to be mounted again: "cpu,cpuacct", "name=systemd"; empty for version 2
    own: Path  # directory of the reading process's group


def hierarchies() -> list[Hierarchy]:
    """The hierarchies that are mounted, once each, and this process's group in each."""
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own[frozenset(controllers.split(","))] = (controllers, path)
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, kind, options = line.split()[:4]
        for names, (controllers, path) in list(own.items()):
            version_2 = kind == "cgroup2" and names == {""}
            if version_2 or (kind == "cgroup" and names <= set(options.split(","))):
                found.append(Hierarchy(kind, Path(mount), controllers, Path(mount + path)))
                del own[names]
    return found


def remove_groups(top: Path, seconds: float = 30) -> None:
    """End the processes of a group, of version 2 at least, and remove it with all below it.

    Processes that were killed may take a moment to leave.
    """
    end = time.monotonic() + seconds
    while top.is_dir():
        if (top / "cgroup.kill").exists():
            (top / "cgroup.kill").write_text("1")
        for folder, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        if top.is_dir():
            if time.monotonic() > end:
                raise OSError(f"{top} cannot be removed: {(top / 'cgroup.procs').read_text().split()}")
            time.sleep(0.02)


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source: str, target: str, kind: str | None, flags: int = 0, data: str | None = None) -> None:
    words = [word.encode() if word is not None else None for word in (source, target, kind, data)]
    _check(_LIBC.mount(words[0], words[1], words[2], flags, words[3]), f"mount {kind} on {target}")


def _own_root() -> None:
    """Make the root directory a private mount that is the root of this process's mount namespace."""
    root = os.open("/", os.O_PATH)
    with tempfile.TemporaryDirectory() as below:
        # With the root below the current directory, `..` leads out of a chroot.
        os.chdir("/")
        os.chroot(below)
        while not os.path.samestat(os.stat("."), os.stat("..")):
            os.chdir("..")
        os.chroot(".")
        _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
        os.fchdir(root)
    place = os.readlink(f"/proc/self/fd/{root}")
    if place == "/":  # no chroot: the root is a mount already
        os.close(root)
        return
    _mount(place, place, None, _MS_BIND | _MS_REC)
    os.chdir(place)  # what is mounted there now
    _check(_LIBC.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    _check(_LIBC.umount2(b".", _MNT_DETACH), "umount of the old root")
    os.chdir("/")
    os.close(root)


def _own_files(mounted: list[Hierarchy]) -> None:
    """Mount what shows the namespaces, and empty folders where engines keep their state."""
    _mount("proc", "/proc", "proc")
    _mount("sysfs", "/sys", "sysfs")
    if not any(hierarchy.mount == Path("/sys/fs/cgroup") for hierarchy in mounted):
        _mount("tmpfs", "/sys/fs/cgroup", "tmpfs")
    for hierarchy in mounted:
        hierarchy.mount.mkdir(exist_ok=True)
        _mount(hierarchy.kind, str(hierarchy.mount), hierarchy.kind, 0, hierarchy.controllers or None)
    for folder in EMPTY_FOLDERS:
        _mount("tmpfs", folder, "tmpfs")
    Path("/run/lock").mkdir()


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _first_process(mounted: list[Hierarchy], tops: list[Path], ready: int) -> None:
    """The first process: make the world, then wait for the children that come to it, until killed."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _enter_groups(tops)
    # A control group namespace has for its roots the groups of the process that makes it.
    _check(_LIBC.unshare(_CLONE_NEWCGROUP), "unshare")
    for top in tops:
        (top / ENGINES_GROUP / "cgroup.procs").write_text("0")
    _check(_LIBC.unshare(_CLONE_NEWNS | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS), "unshare")
    _own_root()
    _own_files(mounted)
    _loopback_up()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    os.close(ready)
    while True:
        signal.sigwait({signal.SIGCHLD})
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass


def _enter_groups(tops: list[Path]) -> None:
    """Make the world's groups, and put this process into them."""
    for top in tops:
        (top / ENGINES_GROUP).mkdir(parents=True)
        for group in (top, top / ENGINES_GROUP):
            for key in ("cpuset.cpus", "cpuset.mems"):  # of version 1, empty ones take no process
                both = (group / key, group.parent / key)
                if all(file.exists() for file in both) and not both[0].read_text().strip():
                    both[0].write_text(both[1].read_text())
        (top / "cgroup.procs").write_text("0")


def main(name: str, *, shared_pids: bool) -> int:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this then
    mounted = hierarchies()
    tops = [hierarchy.own / name for hierarchy in mounted]
    first = 0
    try:
        if not shared_pids:
            _check(_LIBC.unshare(_CLONE_NEWPID), "unshare")
        reader, ready = os.pipe()
        first = os.fork()
        if first == 0:
            try:
                os.close(reader)
                _first_process(mounted, tops, ready)
            finally:
                traceback.print_exc()
                os._exit(1)
        os.close(ready)
        os.read(reader, 1)  # the end of it: the world is ready, or its process has ended
        print(first, flush=True)
        os.waitpid(first, 0)
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if first:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(first, signal.SIGKILL)
                os.waitpid(first, 0)
        for top in sorted(tops, key=lambda top: not (top / "cgroup.kill").exists()):
            remove_groups(top)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], shared_pids=sys.argv[2] == "shared-pids"))
