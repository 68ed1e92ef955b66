# SPDX-License-Identifier: Apache-2.0
"""BPF probe of one sensor: wanted events, scope, filter, rings and counters."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from mmap import mmap
from typing import Literal, TypeAlias, TypedDict, final

from tiercel._core.state.procfs_scan import ProcSnapshot

Filters: TypeAlias = Mapping[int, Collection[tuple[int, int]]]
PathSets: TypeAlias = Sequence[Sequence[tuple[str, bytes]]]

class ProbeStats(TypedDict):
    """Counters of the probe since load, summed over all CPUs.

    ``sent``: records. ``lost_lifecycle``, ``lost_volume``: records lost because the ring of their class was full, in
    ``lost`` by event. ``shed``: the part of ``lost`` from control groups above their share of the ring. ``unfit``:
    records that could not be built. ``truncated``: records with truncated text. ``scope_full``: processes that left a
    watched tree because the table was full. ``unresolved``: names that the probe could not resolve, and closed
    descriptors without a cache entry. ``unfinished``: io_uring requests without a result. ``changed``: calls with a
    name that changed in memory during the call. ``filtered``: events that the filter dropped, by event.
    """

    sent: int
    lost_lifecycle: int
    lost_volume: int
    unfit: int
    truncated: int
    scope_full: int
    unresolved: int
    unfinished: int
    changed: int
    lost: dict[str, int]
    filtered: dict[str, int]
    shed: dict[str, int]

@final
class Probe:
    """The BPF programs of one sensor.

    Open, ``load``, ``attach``; then read ``rings()``. Several probes may run at once. A probe is not
    thread-safe.

    Args:
        image: the object file ``probe.bpf.o``; the probe keeps a reference.
        btf: path of the kernel's type information.

    Raises:
        KernelError: E402, the kernel has no BTF; E403, the image is damaged; E404, it was built from other tables.
    """

    def __new__(cls, image: bytes | mmap, *, btf: str = "/sys/kernel/btf/vmlinux") -> Probe: ...
    def load(
        self,
        wanted: Iterable[int],
        *,
        scope: Literal["all", "tree", "cgroup", "containers"] | str = "all",
        life_bytes: int = 1 << 22,
        volume_bytes: int = 1 << 23,
        tree_capacity: int = 65536,
        env: bool = False,
        cwd: bool = False,
        snaplen: int = 80,
        calls: Iterable[int] = (),
        now: Collection[str] = (),
        filters: Filters | None = None,
        path_sets: PathSets = (),
        canary: int = 0,
    ) -> None:
        """Load the programs, with only the fillers of ``wanted``.

        Args:
            wanted: codes of the events to report. Forks, execs and exits are always reported.
            scope: watched processes: all; the trees of ``watch_tree``; the cgroup of ``watch_cgroup``; all control
                groups that the map of ``cgroup_map_fd`` does not mark as the host's.
            life_bytes: ring buffer of life-cycle events; rounded up to a power of two.
            volume_bytes: bytes of every two other ring buffers. There is one for each CPU, or for each of 8 groups of
                CPUs.
            tree_capacity: limit of processes in the watched trees.
            env: report environments with execve.
            cwd: report the working directory with every event.
            snaplen: limit of payload bytes per event; 0 to 65,000, and never more than a record holds (some 24,000).
            calls: Falco's numbers of the system calls to report as the event ``syscall``, if that event is wanted.
            now: parts of the thread state in every record: ``task`` (numbers), ``cgroups``, ``stdio`` (the files of
                descriptors 0 to 2).
            filters: see ``filter``.
            path_sets: see ``filter``.
            canary: random number that marks the calls of ``send_canary``, 1 to 2**32 - 1; 0: there are none.

        Raises:
            KernelError: E401 privileges, E402 BTF, E405 verifier (with its log), E406 maps, E409 a missing kernel
                feature.
            SensorError: E605, loaded already, closed, or inherited through a fork.
            UsageError: E607, an unknown scope or event code.

        Releases the GIL. Takes some 50 ms, and some milliseconds for each filler.
        """

    def want(
        self,
        wanted: Iterable[int],
        *,
        env: bool | None = None,
        cwd: bool | None = None,
        calls: Iterable[int] | None = None,
        now: Collection[str] | None = None,
    ) -> None:
        """Change the set of reported events while the probe runs. No event in both sets is missed.

        Missing fillers are loaded first. Omitted arguments keep their values.
        """

    def filter(self, filters: Filters | None, path_sets: PathSets = ()) -> None:
        """Report only events that a clause of their type allows; without ``filters``, all wanted events.

        All wanted events are reported while the tables change.

        Args:
            filters: by event code, at most 16 clauses: a mask of atoms that must be true and a mask of atoms that must
                be false (``filter_atom`` in ``bpf/gen/filter_abi.h``). Events of other types are not filtered.
            path_sets: at most 16 sets. A path is in a set if it matches one of its texts: ``exact``, ``prefix``,
                ``suffix`` or ``contains``.
        """

    @property
    def wanted(self) -> frozenset[int]:
        """Codes of the events that are reported."""

    @property
    def wanted_calls(self) -> frozenset[int]:
        """Falco's numbers of the system calls that are reported as the event ``syscall``."""

    @property
    def asked(self) -> frozenset[str]:
        """Parts of the thread state in every record, as in ``now``."""

    @property
    def attached(self) -> bool:
        """True while events are reported."""

    def attach(self) -> None:
        """Start reporting events.

        Raises:
            KernelError: E407, the kernel lacks a hook or refuses to use it.
        """

    def detach(self) -> None:
        """Stop reporting events; ``attach`` starts again."""

    def tasks(self) -> list[ProcSnapshot]:
        """Return the running processes, from a kernel iterator.

        Raises:
            KernelError: E411.
        """

    def watch_tree(self, pid: int) -> set[int]:
        """Watch a process with its present and future descendants. Call ``attach`` first.

        Returns:
            Process ids of the tree, in the first pid namespace.

        Raises:
            KernelError: E410, there is no such process, or the tree is larger than the table.
        """

    def unwatch_tree(self, pid: int) -> None:
        """Remove a process and its descendants from the watched trees."""

    def watch_cgroup(self, path: str | os.PathLike[str]) -> None:
        """Watch the cgroup (v2) at directory ``path`` and its descendants. Only once: the map is frozen then.

        Raises:
            KernelError: E410, there is no such cgroup.
        """

    def rings(self) -> list[tuple[int, int]]:
        """Return descriptor and size of each ring: the life-cycle ring, then the rings of CPU groups."""

    def cgroup_map_fd(self) -> int:
        """Return the descriptor of the map from keys of control groups to 1 (host) or the number of a container."""

    def stats(self) -> ProbeStats:
        """Return the probe's counters."""

    def send_canary(self, number: int) -> None:
        """Make a system call that the probe reports to the sensor's own rules, with the ``number`` below 2**32.

        Raises:
            UsageError: E607, the probe is loaded without ``canary``.
        """

    def tampered(self) -> tuple[str, ...]:
        """Return the maps that were changed from outside since the last call, each once.

        ``globals``: values are restored. ``fillers``, ``stages``, ``uring_stages``: removed programs stay removed.
        ``filter_banks``: until the next call of ``filter``. ``stats``: a counter decreased.
        """

    def losses(self) -> dict[tuple[int, str, bool], int]:
        """Return lost records by control group (its id), event, and whether the group was above its share.

        The map has room for 8,192 counters and evicts the oldest.
        """

    def close(self) -> None:
        """Detach, and release all kernel resources of this probe."""

    def after_fork_child(self) -> None:
        """Close the probe in the child of a fork. The parent's probe is not affected."""
