# SPDX-License-Identifier: Apache-2.0
"""The process table as a Python object: seeding, names, snapshots."""

from collections.abc import Iterable, Mapping
from typing import TypedDict, final, type_check_only

from typing_extensions import Buffer

from tiercel._core.state.container_table import ContainerTable

@type_check_only
class Process(TypedDict):
    """One process of a snapshot.

    What nobody has told is None, or -1 for ids; ``ptgid`` is None when the parent is unknown.
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
    """Counters of a table since it was made.

    ``processes`` are in it now; ``incomplete`` were met without their fork or exec; ``evicted`` were given up because
    the table was full; ``no_memory`` counts entries and programs that could not be stored; ``containers`` are known
    now.
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
    """Who runs, who made whom, in which container.

    Kept by records, and shared by everything that evaluates events of one host. Calls are safe from any thread; each
    takes a lock that the drain thread holds while it works on a batch.

    Args:
        capacity: most processes, 16 to 2^30. A full table gives up processes that have ended, then those that were
            quiet longest.
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
        """Tell about a process that ran already; what records told since is kept.

        Args:
            tgid: its id.
            start_ns: its start in ns since boot, which tells it from others that had or will have the same id.
            comm: its name, at most 15 bytes.
            ptgid: its parent; an unknown one gets an empty entry. 0 for none.
            pstart_ns: start of the parent.
            exe: argv[0]; None where it is not known, as in the next three.
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
            cgroups: its control groups as ``subsystem=path``, from which the container's id is taken; None if they
                are not known.
            cgroup_id: key of its control groups; other processes with that key are in the same container.
            exe_flags: what is known about the executable, in Falco's numbers (1 writable, 4 memfd).
            exe_ino: inode of the executable, 0 unknown.
            exe_times: last change of that inode and of its contents, ns since 1970.
            pidns_start_ns: start of the pid namespace's first process in ns since boot, 0 unknown.
            fdlimit: soft limit of open descriptors, like the next two only looked at with ``caps``.
            faults: major and minor page faults.
            memory: virtual, resident and swapped memory in KiB.
            caps: inheritable, permitted and effective capabilities; None if these numbers are not known.
            coarse: the start times come from /proc and are exact to a clock tick only.

        Returns:
            Whether the table took it: False if it knew the program already.
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
        """Tell whether what is known of a running process may be out of date; a seed then replaces it.

        That is so if it is not known, or as one that has ended, by another name, or with a parent that has ended. A
        program that it began to run after ``as_of_ns`` is not doubted, and no end after that either.
        """

    def set_cgroups(self, tgid: int, start_ns: int, cgroup_id: int, cgroups: bytes, as_of_ns: int) -> bool:
        """Put a process into the control groups that it was in at ``as_of_ns``, unless it was met elsewhere since.

        Groups have a key, and names that tell what it stands for; of those without either nothing is told. Records of
        the process from before that time move it no more. Tell whether it is in another container now, or on the host.
        """

    def end_others(self, starts: dict[int, int], as_of_ns: int) -> int:
        """End all processes that began before ``as_of_ns`` and are not in ``starts``, by id; return how many.

        Containers that are known by a control group alone are forgotten.
        """

    def apply(self, record: Buffer) -> None:
        """Bring the table up to one record.

        Raises:
            EventError: E301, the bytes are not one whole event.
        """

    def snapshot(self) -> list[Process]:
        """Return every process, those that still run first. Blocks the drain thread meanwhile."""

    def stats(self) -> TableStats:
        """Return the counters."""

    def clear(self) -> None:
        """Forget all processes and control groups; names of users and groups stay."""
