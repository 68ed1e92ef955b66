# SPDX-License-Identifier: Apache-2.0
"""The probe in the kernel: what it reports, whom it watches, what it counts."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from mmap import mmap
from typing import Literal, TypeAlias, TypedDict, final

from tiercel._core.state.procfs_scan import ProcSnapshot

Filters: TypeAlias = Mapping[int, Collection[tuple[int, int]]]
PathSets: TypeAlias = Sequence[Sequence[tuple[str, bytes]]]

class ProbeStats(TypedDict):
    """What the probe counted since it was loaded, all CPUs together.

    ``sent`` records; ``lost_lifecycle`` and ``lost_volume``: records that the ring of their class had no room for, by
    event in ``lost``, and those of them in ``shed`` that were kept out because their control group had more than its
    share of the ring; ``unfit``: records that could not be built; ``truncated``: records with a text that was cut;
    ``scope_full``: processes that dropped out of a watched tree because the table was full; ``unresolved``: names that
    led somewhere, but not where the probe could follow, and of descriptors that close, for which there was no place;
    ``unfinished``: requests of io_uring whose result was not seen; ``changed``: calls whose names were changed in the
    program's memory while they ran; ``filtered``: events that the filter kept back, by
    event.
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

    Open, ``load``, ``attach``; then read ``rings()``. Several probes may run at once. Not to be used from two threads
    at the same time.

    Args:
        image: the object file ``probe.bpf.o``, in memory for as long as the probe is there.
        btf: where the kernel keeps its type information.

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
    ) -> None:
        """Load the programs, and only the fillers of ``wanted``.

        Args:
            wanted: codes of the events to report. Forks, execs and exits are reported in any case.
            scope: who is watched: everybody; the trees given to ``watch_tree``; the cgroup given to ``watch_cgroup``;
                all whose control groups are not marked as the host's in the map of ``verdicts_fd``.
            life_bytes: ring buffer of life-cycle events; rounded up to a power of two.
            volume_bytes: ring buffers of all others, for every two of them: there is one for each CPU, or for each of
                8 groups of CPUs.
            tree_capacity: most processes in the watched trees.
            env: report environments with execve.
            cwd: report the working directory with every event.
            snaplen: most bytes of what is read, written, sent or received that an event carries; 0 to 65,000, and never
                more than a record holds (some 24,000).
            calls: Falco's numbers of the system calls to report as the event ``syscall``, if that is wanted.
            now: what records tell of their thread at the time of the event: ``task`` (its numbers), ``cgroups``,
                ``stdio`` (the files of descriptors 0 to 2).
            filters: as for ``filter``.
            path_sets: as for ``filter``.

        Raises:
            KernelError: E401 privileges, E402 BTF, E405 verifier (with its log), E406 maps, E409 something the kernel
                lacks.
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
        """Change the set of reported events while the probe runs; no event that both sets hold is missed.

        Fillers that are wanted for the first time are loaded first. What is not given stays as it is.
        """

    def filter(self, filters: Filters | None, path_sets: PathSets = ()) -> None:
        """Report only events that some clause of their type allows; without ``filters``, all that are wanted.

        While the tables are exchanged, everything that is wanted is reported.

        Args:
            filters: by event code, at most 16 clauses: atoms that must be true and atoms that must not, as bits
                (``filter_atom`` in ``bpf/gen/filter_abi.h``). Events of other types are all reported.
            path_sets: at most 16 sets, of which a path is in one if it fits one of its texts: ``exact``, ``prefix``,
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
        """What records tell of their thread, as in ``now``."""

    @property
    def attached(self) -> bool:
        """Whether events are reported now."""

    def attach(self) -> None:
        """Start to report events.

        Raises:
            KernelError: E407, the kernel lacks a hook or refuses to use it.
        """

    def detach(self) -> None:
        """Stop to report events; ``attach`` starts again."""

    def tasks(self) -> list[ProcSnapshot]:
        """List the processes that run now, as the kernel tells it.

        Raises:
            KernelError: E411.
        """

    def watch_tree(self, pid: int) -> set[int]:
        """Watch a process, its descendants, and what they start from now on; ``attach`` must have come before.

        Returns:
            Process ids of the tree, in the first pid namespace.

        Raises:
            KernelError: E410, there is no such process, or the tree is larger than the table.
        """

    def unwatch_tree(self, pid: int) -> None:
        """Take a process and its descendants out of the watched trees."""

    def watch_cgroup(self, path: str | os.PathLike[str]) -> None:
        """Watch the cgroup (v2) whose directory ``path`` is, and all below it; once, as the map is frozen then.

        Raises:
            KernelError: E410, there is no such cgroup.
        """

    def rings(self) -> list[tuple[int, int]]:
        """Return descriptor and size of each ring: that of life-cycle events, then those of groups of CPUs."""

    def verdicts_fd(self) -> int:
        """Return the descriptor of the map from keys of control groups to 1 (host) or the number of a container."""

    def stats(self) -> ProbeStats:
        """Return the probe's counters."""

    def tampered(self) -> tuple[str, ...]:
        """Return the maps that something other than this object wrote since the last call, each once.

        ``globals``, which get their values back; ``fillers``, ``stages``, ``uring_stages``, whose programs stay away;
        ``filter_banks``, until the next call of ``filter``; ``stats``, where a counter went back.
        """

    def losses(self) -> dict[tuple[int, str, bool], int]:
        """Return lost records by control group (its id), event, and whether the group had more than its share.

        There is room for 8,192 of these counters; the oldest give way to newer ones.
        """

    def close(self) -> None:
        """Detach, and give back all that the kernel holds for this probe."""

    def after_fork_child(self) -> None:
        """Give up the probe in the child of a fork; the parent's goes on."""
