# SPDX-License-Identifier: Apache-2.0
"""The params of process events, as /proc has them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.expect import Between, PathValue
from support.falco import Exe
from support.proc import Process, start_range_ns

# Memory counters of the kernel are kept per CPU, and summed up only now and then.
_UNSURE_KIB = 4 * 64 * (os.cpu_count() or 1)


def joined(words: Sequence[str | bytes | Path]) -> bytes | None:
    """Words as args and env hold them; None if there are none."""
    return b"\0".join(os.fsencode(word) for word in words) if words else None


def _task_params(task: Process) -> dict[str, Any]:
    return {
        "tid": task.pid,
        "pid": int(task.status["Tgid"]),
        "ptid": task.ppid,
        "cwd": None,
        "fdlimit": task.open_files,
        "pgft_maj": Between(0, task.major_faults),
        "pgft_min": Between(0, task.minor_faults),
        "vm_size": Between(1, task.kib("VmPeak")),
        "vm_rss": Between(0, task.kib("VmHWM") + _UNSURE_KIB),
        "vm_swap": Between(0, task.kib("VmSwap") + _UNSURE_KIB),
        "comm": task.comm,
        "cgroups": task.cgroups(),
    }


def fork_params(task: Process, *, res: int, command: Sequence[str | bytes | Path], flags: int) -> dict[str, Any]:
    """Params of a clone, clone3, fork or vfork that ``task`` returned from with ``res``."""
    first_in_namespace = task.start_range_ns if task.ids("NSpid")[-1] == 1 else start_range_ns(1)
    return _task_params(task) | {
        "res": res,
        "exe": os.fsdecode(command[0]),
        "args": joined(command[1:]),
        "flags": flags,
        "uid": task.ids("Uid")[1],
        "gid": task.ids("Gid")[1],
        "vtid": task.ids("NSpid")[-1],
        "vpid": task.ids("NStgid")[-1],
        "pidns_init_start_ts": Between(*first_in_namespace),
    }


def exec_params(
    task: Process,
    *,
    command: Sequence[str | bytes | Path],
    filename: PathValue,
    exepath: str | Path,
    env: Sequence[str | bytes] = ("PATH=/usr/bin:/bin",),
    res: int = 0,
    flags: int = Exe.WRITABLE,
) -> dict[str, Any]:
    """Params of an execve of ``task``; as the task was afterwards, which runs ``exepath``."""
    file = os.stat(exepath)
    return _task_params(task) | {
        "res": res,
        "exe": os.fsdecode(command[0]),
        "args": joined(command[1:]),
        "env": joined(env),
        "tty": task.tty,
        "vpgid": task.ids("NSpgid")[-1],
        "loginuid": task.loginuid,
        "flags": flags,
        "cap_inheritable": task.capabilities("CapInh"),
        "cap_permitted": task.capabilities("CapPrm"),
        "cap_effective": task.capabilities("CapEff"),
        "exe_ino": file.st_ino,
        "exe_ino_ctime": file.st_ctime_ns,
        "exe_ino_mtime": file.st_mtime_ns,
        "uid": task.ids("Uid")[1],
        "trusted_exepath": running(exepath),
        "pgid": task.pgid,
        "gid": task.ids("Gid")[1],
        "filename": filename,
    }


def running(exepath: str | Path) -> PathValue:
    """The path of a running program: no call passed it, the kernel has it."""
    return PathValue(os.fspath(exepath), None, os.fspath(exepath))
