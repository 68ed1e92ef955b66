# SPDX-License-Identifier: Apache-2.0
"""Reduction of this process's capabilities to the needs of a running sensor.

Credentials belong to threads, and the kernel has no call that changes those of all threads. So the reduction comes
before the first further thread, and all later threads inherit it. The sensor starts with what it needs later: a reload
loads BPF programs, like the start.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tiercel.errors import KernelError
from tiercel.frozen import frozen
from tiercel.schema.numbers import CAPABILITIES

__all__ = ["NEEDED", "Reduced", "Status", "drop_privileges", "status"]

NEEDED: Final[dict[str, str]] = {
    "CAP_BPF": "use of the probe's maps, and loading of programs for rules of a reload",
    "CAP_PERFMON": "loading of programs that read kernel memory, for rules of a reload",
    "CAP_SYS_PTRACE": "`/proc/PID` of other users' processes, and the machine's files and sockets below `HOST_ROOT`",
    "CAP_DAC_READ_SEARCH": "environments and open files of other users' processes, and rule files of other users",
    "CAP_KILL": "responses that end or stop processes of other users",
    "CAP_SYS_NICE": "priority of the thread that reads the events",
}
"""Capabilities that a sensor keeps, with their use."""

_BITS: Final = {name: bit for bit, name in CAPABILITIES.items()}
# linux/capability.h, linux/prctl.h
_VERSION_3: Final = 0x2008_0522
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4


@frozen
class Status:
    """Capabilities of a thread, as bits.

    Attributes:
        permitted: usable now.
        bounding: limit of what a program can gain.
        no_new_privileges: a program gains none.
    """

    permitted: int
    bounding: int
    no_new_privileges: bool


@frozen
class Reduced:
    """Result of a reduction.

    Attributes:
        kept: names of the capabilities that remain.
        others: names of threads that keep their capabilities, because they began earlier.
    """

    kept: tuple[str, ...]
    others: tuple[str, ...] = ()


def status(thread: str = "thread-self") -> Status:
    """Return the capabilities of a thread, by default of the calling one.

    Args:
        thread: its folder below ``/proc``.

    Raises:
        OSError: the thread does not exist.
    """
    found = dict(line.partition(":")[::2] for line in Path(f"/proc/{thread}/status").read_text().splitlines())
    numbers = [int(found[name], 16) for name in ("CapPrm", "CapBnd", "NoNewPrivs")]
    return Status(numbers[0], numbers[1], bool(numbers[2]))


def drop_privileges(keep: Iterable[str] = ()) -> Reduced:
    """Give up all capabilities except :data:`NEEDED` and ``keep``, and the ability to gain any, for good.

    The calling thread and all that it starts later are affected. The user does not change: the sockets of container
    engines and the files of alerts stay accessible to it.

    Args:
        keep: names of further capabilities.

    Raises:
        KernelError: E401, the kernel refuses a step.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    before = _own_status()
    wanted = sum(1 << _BITS[name] for name in {*NEEDED, *keep})
    if any(not before.permitted >> _BITS[name] & 1 for name in ("CAP_BPF", "CAP_PERFMON")):
        wanted |= 1 << _BITS["CAP_SYS_ADMIN"]  # stands for both
    kept = before.permitted & wanted
    if before.permitted >> _BITS["CAP_SETPCAP"] & 1:
        for bit in range(64):
            if before.bounding >> bit & 1 and not wanted >> bit & 1:
                _call(libc, "prctl", _PR_CAPBSET_DROP, bit, 0, 0, 0)
    _call(libc, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(libc, "prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    low, high = kept & 0xFFFF_FFFF, kept >> 32
    # Effective, permitted and inheritable bits, in two halves.
    _call(libc, "capset", header, (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0))
    after = _own_status()
    if after.permitted & ~kept or not after.no_new_privileges:
        raise KernelError("E401", "the kernel did not drop the capabilities", hint="leave out privileges.drop")
    return Reduced(tuple(name for name, bit in _BITS.items() if kept >> bit & 1), tuple(_with_more(kept)))


def _own_status() -> Status:
    try:
        return status()
    except OSError as error:
        text = f"privileges cannot be dropped (/proc/thread-self/status: {error.strerror})"
        raise KernelError("E401", text, errno=error.errno, hint="mount /proc") from error


def _call(libc: ctypes.CDLL, name: str, *args: object) -> None:
    words = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    if getattr(libc, name)(*words):
        error = ctypes.get_errno()
        text = f"privileges cannot be dropped ({name}: {os.strerror(error)})"
        raise KernelError("E401", text, errno=error, hint="leave out privileges.drop")


def _with_more(kept: int) -> Iterable[str]:
    """Yield the names of threads of this process with more capabilities."""
    for task in Path("/proc/self/task").iterdir():
        try:
            if status(f"self/task/{task.name}").permitted & ~kept:
                yield (task / "comm").read_text().rstrip("\n")
        except OSError:
            continue  # it has ended
