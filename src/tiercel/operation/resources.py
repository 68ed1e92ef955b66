# SPDX-License-Identifier: Apache-2.0
"""Use of processor and memory by this process and the host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tiercel.frozen import frozen

__all__ = ["Resources", "boot_ns", "resources"]

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_CGROUP_MEMORY: Final = "/sys/fs/cgroup/memory/memory.usage_in_bytes"  # Falco's default, of cgroup v1
_CGROUP_MEMORY_V2: Final = "/sys/fs/cgroup/memory.current"


@frozen
class Resources:
    """Use of processor and memory; sizes in KiB, processor time in percent of one processor since the start.

    A value that the system does not report is 0.
    """

    cpu_percent: float = 0.0
    rss: int = 0
    vsz: int = 0
    pss: int = 0
    container_memory: int = 0
    host_cpu_percent: float = 0.0
    host_memory: int = 0
    host_running: int = 0
    host_open_fds: int = 0
    open_fds: int = 0


def resources() -> Resources:
    """Return the current use."""
    status = _pairs("/proc/self/status")
    memory = _pairs("/proc/meminfo")
    host = [int(word) for word in _text("/proc/stat").partition("\n")[0].split()[1:9]]
    busy = sum(host) - sum(host[3:5])
    path = os.environ.get("FALCO_CGROUP_MEM_PATH", _CGROUP_MEMORY)
    return Resources(
        cpu_percent=_cpu_percent(),
        rss=status.get("VmRSS", 0),
        vsz=status.get("VmSize", 0),
        pss=_pairs("/proc/self/smaps_rollup").get("Pss", 0),
        container_memory=int(_text(path) or _text(_CGROUP_MEMORY_V2) or 0) >> 10,
        host_cpu_percent=round(100 * busy / sum(host), 1) if sum(host) else 0.0,
        host_memory=memory.get("MemTotal", 0)
        - memory.get("MemFree", 0)
        - memory.get("Buffers", 0)
        - memory.get("Cached", 0),
        host_running=_stat("procs_running"),
        host_open_fds=int((_text("/proc/sys/fs/file-nr") or "0").split()[0]),
        open_fds=_open_fds(),
    )


def boot_ns() -> int:
    """Return the time of the boot, nanoseconds since 1970."""
    return _stat("btime") * 1_000_000_000


def _cpu_percent() -> float:
    used = os.times()
    words = _text("/proc/self/stat").rpartition(")")[2].split()
    uptime = float((_text("/proc/uptime") or "0").split()[0])
    age = uptime - (int(words[19]) / _TICKS if len(words) > 19 else 0.0)
    return round(100 * (used.user + used.system) / age, 1) if age > 0 else 0.0


def _open_fds() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1  # without that of the folder
    except OSError:
        return 0


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _pairs(path: str) -> dict[str, int]:
    """Return the numbers of lines like ``VmRSS:  1234 kB``."""
    found = {}
    for line in _text(path).splitlines():
        name, _, value = line.partition(":")
        number = value.split()[:1]
        if number and number[0].isdecimal():
            found[name] = int(number[0])
    return found


def _stat(name: str) -> int:
    for line in _text("/proc/stat").splitlines():
        word, _, value = line.partition(" ")
        if word == name:
            return int(value)
    return 0
