# SPDX-License-Identifier: Apache-2.0
"""Worker, the process that makes the load: ``python -m tiercel.bench.worker CPU [CGROUP]``.

It reads requests, one JSON object per line, and writes one line as the response to each. It ends with its
standard input.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from tiercel._core.bench import workload

_SLEEP: Final = "/bin/sleep"
_MAX_SECONDS: Final = "900"  # seconds after which a waiting process ends by itself
_FOLDERS: Final = ("/usr/lib", "/etc", "/usr/share")
_FILES: Final = 2000


def loop(kind: str, count: int, **options: Any) -> dict[str, int]:
    """Run one loop of system calls."""
    before = _cpu_ns()
    calls, wall = workload.run(kind, count, **options)
    return {"calls": calls, "wall": wall, "cpu": _cpu_ns() - before}


def everyday(turns: int) -> dict[str, int]:
    """Stat and read 200 files, run some loops and start a program, a number of times."""
    files = cycle(list(islice(_files(), _FILES)))
    for turn in range(turns):
        for path in islice(files, 200):
            _look_at(path)
        for kind, count in (("open", 100), ("getppid", 100), ("connect", 4), ("exec", 2)):
            workload.run(kind, count, path=f"/etc/tiercel-bench-{turn}" if kind == "open" and turn % 2 else "")
    return {}


def children(count: int) -> dict[str, int]:
    """Start so many processes that wait."""
    _CHILDREN.extend(os.posix_spawn(_SLEEP, [_SLEEP, _MAX_SECONDS], os.environ) for _ in range(count))
    return {}


_CHILDREN: list[int] = []
_REQUESTS: Final[dict[str, Callable[..., dict[str, int]]]] = {"loop": loop, "everyday": everyday, "children": children}


def _cpu_ns() -> int:
    """Return the processor time of this process and of its ended children."""
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        spent += usage.ru_utime + usage.ru_stime
    return int(spent * 1e9)


def _files() -> Iterator[str]:
    for folder in _FOLDERS:
        for where, _, names in os.walk(folder):
            yield from (f"{where}/{name}" for name in names)


def _look_at(path: str) -> None:
    try:
        os.stat(path)  # noqa: PTH116 - the system call itself is wanted
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return
    os.fstat(fd)
    for _ in range(4):
        try:
            if not os.read(fd, 4096):
                break
        except OSError:
            break
    os.close(fd)


def main(arguments: list[str]) -> int:
    """Serve requests until there are no more."""
    os.sched_setaffinity(0, [int(arguments[0])])
    for group in arguments[1:]:
        Path(group, "cgroup.procs").write_text("0")
    print("{}", flush=True)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            print(json.dumps(_REQUESTS[request.pop("do")](**request)), flush=True)
    finally:
        for pid in _CHILDREN:
            os.kill(pid, signal.SIGKILL)
        for pid in _CHILDREN:
            os.waitpid(pid, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
