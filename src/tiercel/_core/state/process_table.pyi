# SPDX-License-Identifier: Apache-2.0
"""Python class of the process table: seeding, names, snapshots."""

from collections.abc import Iterable, Mapping
from typing import TypedDict, final, type_check_only

from typing_extensions import Buffer

from tiercel._core.state.container_table import ContainerTable

@type_check_only
class Process(TypedDict):
    """One process of a snapshot.

    Unknown values are None, or -1 for ids; ``ptgid`` is None if the parent is unknown.
    """

    tgid: int
    start_ns: int
    ptgid: int | None
    comm: str | None
    exe: str | None
    args: list[str]
    cmdline: str | None
    exepath: str | None
    cwd: str | None
    env: list[str]
    uid: int
    gid: int
    loginuid: int
    tty: int
    sid: int
    pgid: int
    vpgid: int
    vpid: int
    container_id: str | None
    exited: bool
    incomplete: bool

@type_check_only
class TableStats(TypedDict):
    """Counters of a table since its creation.

    ``processes`` and ``containers`` are in it now; ``incomplete`` first appeared without their fork or exec;
    ``evicted`` were removed from a full table; ``no_memory`` counts failed allocations of entries and programs.
    """

    processes: int
    capacity: int
    created: int
    execs: int
    exits: int
    incomplete: int
    evicted: int
    no_memory: int
    containers: int

@final
class ProcessTable(ContainerTable):
    """Table of processes with their ancestry and container.

    Records keep it up to date; all evaluators of one host's events share it. Calls are safe from any thread; each
    takes a lock that the drain thread holds while it processes a batch.

    Args:
        capacity: limit of processes, 16 to 2^30. A full table evicts exited processes first, then the longest-idle
            ones.
    """

    def __new__(cls, capacity: int = 262_144) -> ProcessTable: ...
    def seed(
        self,
        *,
        tgid: int,
        start_ns: int,
        comm: str | bytes,
        ptgid: int = 0,
        pstart_ns: int = 0,
        exe: str | bytes | None = None,
        args: bytes | Iterable[str | bytes] = (),
        exepath: str | bytes | None = None,
        cwd: str | bytes | None = None,
        env: bytes | Iterable[str | bytes] = (),
        uid: int = 0,
        gid: int = 0,
        loginuid: int = 0xFFFF_FFFF,
        tty: int = 0,
        sid: int = -1,
        vpid: int = 0,
        pgid: int = -1,
        vpgid: int = -1,
        pid_ns: int = 0,
        cgroups: bytes | Iterable[str | bytes] | None = None,
        cgroup_id: int = 0,
        exe_flags: int = 0,
        exe_ino: int = 0,
        exe_times: tuple[int, int] = (0, 0),
        pidns_start_ns: int = 0,
        fdlimit: int = -1,
        faults: tuple[int, int] = (0, 0),
        memory: tuple[int, int, int] = (0, 0, 0),
        caps: tuple[int, int, int] | None = None,
        coarse: bool = False,
    ) -> bool:
        """Add a process that was already running; newer values from records stay.

        Args:
            tgid: its id.
            start_ns: its start in ns since boot, which distinguishes it from other processes with the same id.
            comm: its name, at most 15 bytes.
            ptgid: its parent; an unknown one gets an empty entry. 0 for none.
            pstart_ns: start of the parent.
            exe: argv[0]; None if unknown, like ``exepath`` and ``cwd``.
            args: argv[1] and later, as bytes with NUL between them or one by one.
            exepath: path of its executable.
            cwd: its current directory.
            env: its environment, like ``args``.
            uid: effective user.
            gid: effective group.
            loginuid: audit login user, 4294967295 when unset.
            tty: controlling terminal as an encoded device number, 0 for none.
            sid: session in its own pid namespace, -1 unknown.
            vpid: its id in its own pid namespace; 0 if that is the same.
            pgid: process group, -1 unknown.
            vpgid: process group in its own pid namespace, -1 unknown.
            pid_ns: inode of its pid namespace.
            cgroups: its cgroups as ``subsystem=path``, which determine the container id; None if they are not known.
            cgroup_id: key of its cgroups; other processes with that key are in the same container.
            exe_flags: flags of the executable, in Falco's numbers (1 writable, 4 memfd).
            exe_ino: inode of the executable, 0 unknown.
            exe_times: last change of that inode and of its contents, ns since 1970.
            pidns_start_ns: start of the pid namespace's first process in ns since boot, 0 unknown.
            fdlimit: soft limit of open descriptors; ignored without ``caps``, like ``faults`` and ``memory``.
            faults: major and minor page faults.
            memory: virtual, resident and swapped memory in KiB.
            caps: inheritable, permitted and effective capabilities; None if these numbers are not known.
            coarse: the start times come from /proc and are exact to a clock tick only.

        Returns:
            True if the table was changed; False if it had the program already.
        """

    def set_users(
        self,
        names: Mapping[int, str | bytes],
        homes: Mapping[int, str | bytes] | None = None,
        shells: Mapping[int, str | bytes] | None = None,
    ) -> None:
        """Replace the names of users, their home directories and login shells, by uid."""

    def set_groups(self, names: Mapping[int, str | bytes]) -> None:
        """Replace the names of groups, by gid."""

    def mark_stale(self, tgid: int, start_ns: int, comm: bytes, as_of_ns: int) -> bool:
        """Mark a running process as stale if its entry may be out of date; a seed then replaces it.

        An entry is stale if it is missing, marked as exited, has another name, or has an exited parent. An exec or exit
        after ``as_of_ns`` is never stale. Return True if the entry is stale.
        """

    def set_cgroups(self, tgid: int, start_ns: int, cgroup_id: int, cgroups: bytes, as_of_ns: int) -> bool:
        """Set the cgroups of a process as of ``as_of_ns``, unless a later record has others.

        ``cgroup_id`` is the key, ``cgroups`` the names; nothing is set without both. Earlier records of the process do
        not move it any more. Return True if its container, or the host, changed.
        """

    def end_others(self, starts: dict[int, int], as_of_ns: int) -> int:
        """End all processes started before ``as_of_ns`` that are not in ``starts``, by id; return their number.

        Containers that are only referenced by a cgroup are removed.
        """

    def apply(self, record: Buffer) -> None:
        """Apply one record to the table.

        Raises:
            EventError: E301, the bytes are not one whole event.
        """

    def snapshot(self) -> list[Process]:
        """Return all processes, running ones first. Blocks the drain thread meanwhile."""

    def stats(self) -> TableStats:
        """Return the counters."""

    def clear(self) -> None:
        """Remove all processes and cgroups; names of users and groups stay."""
