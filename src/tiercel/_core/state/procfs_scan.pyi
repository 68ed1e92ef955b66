# SPDX-License-Identifier: Apache-2.0
"""Snapshot of the processes that run when a sensor starts."""

from collections.abc import Iterable
from typing import final

from tiercel._core.state.process_table import ProcessTable

@final
class ProcSnapshot:
    """One running process, from the task iterator or /proc; ids are of the first pid namespace.

    ``coarse`` is set if ``start_ns`` comes from /proc, exact to a clock tick only.
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
    cut: bool  # the record lacks some texts for want of room, possibly ``cgroups``
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
    """Decode the output of the task iterator; stops at an invalid record."""

def snapshots_from_proc() -> list[ProcSnapshot]:
    """List the processes in /proc: the fallback for kernels without a task iterator."""

def with_hidden_parents(snapshots: list[ProcSnapshot]) -> list[ProcSnapshot]:
    """Return ``snapshots`` with missing parents added from /proc.

    The task iterator of a hardened kernel can omit processes that /proc lists, for example process 1.
    """

def own_pid_ns() -> int:
    """Return the inode of the pid namespace of this process."""

def global_pid(snapshots: list[ProcSnapshot], pid: int) -> int:
    """Return the id in the first pid namespace of ``pid``, an id in this one; 0 if it is not listed."""

def family(snapshots: list[ProcSnapshot], roots: Iterable[int], ancestors: bool = False) -> set[int]:
    """Return the ids of the listed ``roots`` and their descendants; with ``ancestors``, also of their ancestors."""

def seed(table: ProcessTable, snapshots: Iterable[ProcSnapshot], *, env: bool = False) -> None:
    """Add running processes to a process table, with their programs from /proc.

    A program that an event has set already stays. Takes some 0.1 ms per process.

    Args:
        table: destination.
        snapshots: from :func:`snapshots_of` or :func:`snapshots_from_proc`.
        env: read environments too.
    """
