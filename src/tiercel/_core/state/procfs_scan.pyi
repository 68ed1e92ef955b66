# SPDX-License-Identifier: Apache-2.0
"""Processes that already run when a sensor starts."""

from collections.abc import Iterable
from typing import final

from tiercel._core.state.process_table import ProcessTable

@final
class ProcSnapshot:
    """One running process, as the task iterator or /proc tells it; numbers are those of the first pid namespace.

    ``coarse`` is set when ``start_ns`` comes from /proc and is exact to a clock tick only.
    """

    tgid: int
    start_ns: int
    ptgid: int
    pstart_ns: int
    vpid: int
    pid_ns: int
    uid: int
    gid: int
    loginuid: int
    cgroup_id: int
    cgroups: bytes | None
    cut: bool  # the record was too short for all texts, of which the names of control groups may be one
    sid: int
    pgid: int
    vpgid: int
    tty: int
    pidns_start_ns: int
    fdlimit: int
    faults: tuple[int, int]
    memory: tuple[int, int, int]
    caps: tuple[int, int, int]
    comm: bytes
    coarse: bool

def snapshots_of(written: bytes) -> list[ProcSnapshot]:
    """Decode what the task iterator wrote; stops at a record that is none."""

def snapshots_from_proc() -> list[ProcSnapshot]:
    """List the processes that /proc shows: the fallback for kernels without a task iterator."""

def with_hidden_parents(snapshots: list[ProcSnapshot]) -> list[ProcSnapshot]:
    """Return ``snapshots`` and the parents that are missing among them, from /proc.

    The task iterator of a hardened kernel can leave processes out, process 1 for one, that /proc lists.
    """

def own_pid_ns() -> int:
    """Return the inode of the pid namespace of this process."""

def global_pid(snapshots: list[ProcSnapshot], pid: int) -> int:
    """Return the process id in the first pid namespace of what this process knows as ``pid``; 0 if it is not listed."""

def family(snapshots: list[ProcSnapshot], roots: Iterable[int], ancestors: bool = False) -> set[int]:
    """Return the ids of those ``roots`` that are listed, and of their descendants; of their ancestors too if wanted."""

def seed(table: ProcessTable, snapshots: Iterable[ProcSnapshot], *, env: bool = False) -> None:
    """Enter running processes into a process table, with what /proc knows of their programs.

    A process that has told its program through an event already keeps it. Takes some 0.1 ms per process.

    Args:
        table: where to.
        snapshots: from :func:`snapshots_of` or :func:`snapshots_from_proc`.
        env: read environments too.
    """
