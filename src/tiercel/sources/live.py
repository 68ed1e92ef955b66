# SPDX-License-Identifier: Apache-2.0
"""Source of live events: probe, process table, drain thread and alert queue of one sensor."""

from __future__ import annotations

import contextlib
import errno
import math
import mmap
import os
import select
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tiercel import _core
from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.capture_ring import CaptureRing
from tiercel._core.live.pump import DrainThread
from tiercel._core.probe.probe import Probe
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.state.procfs_scan import ProcSnapshot, family, global_pid, seed
from tiercel._core.util.errno_table import kernel_error
from tiercel.errors import KernelError
from tiercel.frozen import field, frozen, replace
from tiercel.sources.flood_stats import Flood, Floods
from tiercel.sources.host_accounts import host_file
from tiercel.sources.requirements import ProbeRequirements
from tiercel.sources.scope import Scope

if TYPE_CHECKING:
    from tiercel._core.alerts.queue import QueueStats
    from tiercel._core.alerts.unpack import RawAlert
    from tiercel._core.live.pump import DrainThreadStats
    from tiercel._core.probe.probe import ProbeStats
    from tiercel._core.state.process_table import TableStats

__all__ = ["SourceStats", "SyscallSource"]

_IMAGE: Final = Path(_core.__file__).with_name("probe.bpf.o")
_LIMITS: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_QUEUE_BYTES: Final = 16 << 20  # limit of queued alerts; the whole sensor stays within 80 MiB
_SETTLE: Final = 2.0  # seconds for the rest of the rings at the end
_SWAP_WAIT: Final = 0.5
_RESYNC_PERIOD: Final = 5.0  # seconds between two scans of all processes
_OPEN: Final[weakref.WeakSet[SyscallSource]] = weakref.WeakSet()


@frozen
class SourceStats:
    """Counters of all parts of a source.

    Attributes:
        resynced: processes whose state a scan of all processes corrected.
        floods: control groups that exceeded their share.
        tampered: detected changes of the probe's maps by another process, by map.
    """

    probe: ProbeStats
    pump: DrainThreadStats
    queue: QueueStats
    table: TableStats
    resynced: int = 0
    floods: tuple[Flood, ...] = ()
    tampered: Mapping[str, int] = field(default_factory=dict)


class SyscallSource:
    """Source of alerts from events of the running kernel.

    Opened by the constructor, closed once by :meth:`close`; queued alerts can be taken after that, too.  Any thread may
    call any method: probe and pump are used under a lock, except while a flush waits.

    Attributes:
        forked: this process is the child of a fork, and the source belongs to the parent.
    """

    def __init__(
        self,
        program: RuleProgram,
        required: ProbeRequirements,
        scope: Scope,
        *,
        first_only: bool = True,
        queue_capacity: int = 65536,
        overflow: str = "drop_oldest",
        ring_bytes: int = 8 << 20,
        snaplen: int = 80,
        captures: Sequence[tuple[bool, int]] = (),
        table: ProcessTable | None = None,
        skips_uncertain: bool = False,
        canary: int = 0,
        own_rules: RuleProgram | None = None,
    ) -> None:
        """Load and attach the probe, scan the processes, and start the evaluation.

        A ``canary`` that is not 0 marks the calls of :meth:`send_canary` as 32 random bits; ``own_rules`` see them.

        A caller that passes an empty ``table`` handles its lookup requests; otherwise there are no lookups.

        Raises:
            KernelError: E4xx, the kernel refuses an operation or lacks a feature, or the scope does not exist.
        """
        scope.check()
        self.forked = False
        self._queue = AlertQueue(capacity=queue_capacity, policy=overflow, max_bytes=_QUEUE_BYTES)
        self._table = ProcessTable() if table is None else table
        if scope.kind in {"tree", "cgroup"}:
            self._table.limit_to_scope()
        self._users, self._groups = host_file("passwd"), host_file("group")
        self.refresh_names()
        # Reentrant, as a signal handler may request the counters while its thread holds the lock.
        self._lock, self._closing = threading.RLock(), threading.Lock()
        self._final: SourceStats | None = None
        self._scope = scope
        self._ancestors: frozenset[int] = frozenset()
        self._required = required
        self._resynced, self._resynced_at, self._next_resync = 0, 0, 0.0
        self._recorded: dict[CaptureRing, ProbeRequirements] = {}
        self._tampered: Counter[str] = Counter()
        image = _image()
        self._probe = Probe(image)
        self._floods = Floods(self._probe, self._table)
        with contextlib.ExitStack() as undo:
            undo.callback(self._probe.close)
            self._probe.load(
                required.events,
                scope=scope.kind,
                volume_bytes=ring_bytes,
                env=required.env,
                cwd=required.cwd,
                snaplen=snaplen,
                calls=required.calls,
                now=required.now,
                filters=required.filters,
                path_sets=required.path_sets,
                canary=canary,
            )
            image.madvise(mmap.MADV_DONTNEED)  # releases 2 MB, which are read again if more programs are needed
            if scope.kind == "cgroup":
                self._probe.watch_cgroup(scope.directory())
            self._probe.attach()
            if scope.pid is not None:
                self._probe.watch_tree(scope.pid)
            seed(self._table, self._tasks(scope), env=required.env)
            self._pump = DrainThread(
                self._probe.rings(),
                program,
                self._table,
                self._queue,
                first_only=first_only,
                cgroup_map_fd=self._probe.cgroup_map_fd(),
                only_containers=scope.kind == "containers",
                captures=captures,
                skips_uncertain=skips_uncertain,
                own_rules=own_rules,
            )
            self._pump.start()
            undo.pop_all()
        self._enable_container_events(required.container_events)
        _OPEN.add(self)

    def _tasks(self, scope: Scope) -> list[ProcSnapshot]:
        """Return the processes for the table; for the scope of a tree, its members and their ancestors."""
        tasks = self._probe.tasks()
        if scope.pid is None:
            return tasks
        root = [global_pid(tasks, scope.pid)]
        kept = family(tasks, root, ancestors=True)
        self._ancestors = frozenset(kept - family(tasks, root))
        return [task for task in tasks if task.tgid in kept]

    def fileno(self) -> int:
        """Return the descriptor that is readable while alerts are queued, and always after :meth:`close`."""
        return self._queue.fileno()

    def take(self, limit: int, timeout: float | None) -> list[tuple[int, RawAlert]]:
        """Return up to ``limit`` alerts with the generation of their rules; wait ``timeout`` seconds for the first."""
        return self._queue.pop_alerts(limit, timeout)

    def wait(self, timeout: float) -> None:
        """Wait until alerts can be taken, the source is closed, or ``timeout`` seconds are over."""
        waiting = select.poll()
        waiting.register(self._queue.fileno(), select.POLLIN)
        waiting.poll(math.ceil(timeout * 1000))

    def progress(self) -> tuple[int, int]:
        """Return the numbers of alerts that have entered the queue so far, and that have left it."""
        queue = self._queue.stats()
        return queue["pushed"] - queue["lost_newest"], queue["popped"] + queue["lost_oldest"]

    @property
    def closed(self) -> bool:
        """True after :meth:`close` has finished: no alert enters the queue any more."""
        return self._final is not None

    def flush(self, timeout: float | None) -> bool:
        """Wait until all events up to now are evaluated; return False after ``timeout`` seconds."""
        return self.closed or self._pump.flush(timeout)

    @property
    def generation(self) -> int:
        """Generation of the rules in use; alerts are tagged with it."""
        return self._pump.generation

    def settled(self) -> list[int]:
        """Return the generations of replaced rules whose alerts cannot enter the queue any more."""
        with self._lock:
            return self._pump.settled() if self._final is None else []

    def forget(self, generation: int) -> list[int] | None:
        """Remove a settled generation from the counters; return its matches by rule, None after the end."""
        with self._lock:
            return self._pump.forget(generation) if self._final is None else None

    def swap(
        self, program: RuleProgram, required: ProbeRequirements, captures: Sequence[tuple[bool, int]] = ()
    ) -> None:
        """Replace the rules.  Earlier events are evaluated by the old rules, within a time limit.

        Events that both rule sets need are never missed.
        """
        self._pump.flush(_SWAP_WAIT)
        with self._lock:
            both = self._wanted() | required
            self._probe.filter(None)
            self._probe.want(both.events, env=both.env or None, cwd=both.cwd or None, calls=both.calls, now=both.now)
            self._pump.swap(program, captures)
            self._required = required
            self._want()
        self._enable_container_events(required.container_events)

    def _enable_container_events(self, enabled: bool) -> None:
        """Start or stop ``container`` events; a start generates events for all containers that have metadata."""
        if not enabled:
            self._table.on_container(None)
            return
        from tiercel.sources.container_events import container_event_callback

        on_container_known = container_event_callback(self._add_container_event)
        self._table.on_container(on_container_known)
        for container, values in self._table.described():
            on_container_known(container, values)

    def _add_container_event(self, container: str, payload: bytes) -> None:
        self._pump.add_container_event(container, payload)

    def _wanted(self) -> ProbeRequirements:
        """Return the requirements of the rules and of all recordings."""
        required = self._required
        for more in self._recorded.values():
            required |= more
        return required

    def _want(self) -> None:
        """Set the events and filters of the probe to the requirements."""
        required = self._wanted()
        self._probe.filter(None)
        self._probe.want(required.events, env=required.env, cwd=required.cwd, calls=required.calls, now=required.now)
        self._probe.filter(required.filters, required.path_sets)

    def recorder(self, **options: Any) -> CaptureRing:
        """Return a capture ring for the processes of this source, made with these options."""
        return CaptureRing(self._table, **options)

    def record(self, recorder: CaptureRing, required: ProbeRequirements) -> None:
        """Copy events to a capture ring, too, and enable the required events in the probe.

        Raises:
            SensorError: E605, too many recordings run already.
            KernelError: E4xx, an event could not be loaded.
        """
        with self._lock:
            self._recorded[recorder] = required
            try:
                self._want()
                self._pump.record(recorder)
            except BaseException:
                del self._recorded[recorder]
                raise

    def unrecord(self, recorder: CaptureRing) -> None:
        """Stop copying events to a capture ring."""
        with self._lock:
            if self._recorded.pop(recorder, None) is None or self.forked:
                return
            self._pump.unrecord(recorder)
            if self._final is None:
                self._want()

    def described(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the metadata of all containers that engines reported: ids and values."""
        return self._table.described()

    def watches(self) -> Callable[[Mapping[str, Any]], bool]:
        """Return a predicate for the processes of a capture ring's snapshot: true inside of the scope."""
        scope = self._scope
        if scope.kind == "tree":
            return lambda process: process["tgid"] not in self._ancestors
        if scope.kind == "containers":
            return lambda process: bool(process["in_container"])
        if scope.kind == "cgroup":
            group = os.fsencode(scope.inside())
            return lambda process: _is_in(process["cgroups"], group)
        return lambda _: True

    def refresh_names(self) -> None:
        """Read users and groups again if their files changed."""
        users, groups = self._users.read_if_changed(), self._groups.read_if_changed()
        if users is not None:
            columns = [{uid: row[at] for uid, row in users.items() if len(row) > at} for at in (0, 5, 6)]
            self._table.set_users(*columns)
        if groups is not None:
            self._table.set_groups({gid: row[0] for gid, row in groups.items()})

    def resync(self) -> None:
        """Scan all processes after a loss of lifecycle records; at most every few seconds."""
        with self._lock:
            if self._final is not None or time.monotonic() < self._next_resync:
                return
            lost = self._probe.stats()["lost_lifecycle"]
            if lost == self._resynced_at:
                return
            self._next_resync, self._resynced_at = time.monotonic() + _RESYNC_PERIOD, lost
            as_of = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            ancestors = self._ancestors
            there, ours = self._probe.tasks(), self._tasks(self._scope)
            self._ancestors |= ancestors
        resynced = self._table.end_others({task.tgid: task.start_ns for task in there}, as_of)
        doubtful = [task for task in ours if self._table.mark_stale(task.tgid, task.start_ns, task.comm, as_of)]
        seed(self._table, doubtful, env=self._required.env)
        moved = [task for task in ours if self._place(task, as_of)]
        self._resynced += resynced + len({task.tgid for task in doubtful + moved})

    def verify(self) -> None:
        """Compare the probe's maps with the content that was written into them, and restore the filter."""
        with self._lock:
            if self._final is None and not self.forked:
                self._verify()

    def _verify(self) -> None:
        changed = self._probe.tampered()
        self._tampered.update(changed)
        if "filter_banks" in changed:
            required = self._wanted()
            self._probe.filter(required.filters, required.path_sets)

    def _place(self, task: ProcSnapshot, as_of: int) -> bool:
        """Set the control groups of a process; return False without a change.  Cut names are ambiguous, and ignored."""
        if not task.cgroups or task.cut:
            return False
        return self._table.set_cgroups(task.tgid, task.start_ns, task.cgroup_id, task.cgroups, as_of)

    def drain_polls(self) -> int:
        """Return how often the drain thread has polled the rings."""
        return self._pump.stats_snapshot()["polls"] if self._final is None else 0

    def send_canary(self, number: int) -> None:
        """Cause an event for the sensor's own rules, with a number below 2**32; without effect after the end."""
        with self._lock:
            if self._final is None and not self.forked:
                self._probe.send_canary(number)

    def stats(self) -> SourceStats:
        """Return the counters; after :meth:`close`, as they were then."""
        with self._lock:
            if self._final is not None:
                return replace(self._final, queue=self._queue.stats())
            return self._counted()

    def close(self) -> None:
        """Detach the probe; evaluate the events before that.  A second caller waits for the first.

        Alerts that do not fit into a full queue within a few seconds are lost, and counted.
        """
        if self.forked:
            return
        with self._closing:
            if self._final is not None:
                return
            try:
                with self._lock:
                    self._verify()
                    self._probe.detach()
                self._pump.flush(_SETTLE)
            finally:
                self._table.on_container(None)
                with self._lock:
                    self._pump.stop(empty=True)
                    self._final = self._counted()
                    self._queue.close()
                    self._probe.close()

    def _counted(self) -> SourceStats:
        probe = self._probe.stats()
        return SourceStats(
            probe,
            self._pump.stats_snapshot(),
            self._queue.stats(),
            self._table.stats(),
            self._resynced,
            self._floods.look(sum(probe["shed"].values())),
            MappingProxyType(dict(self._tampered)),
        )

    def after_fork_child(self) -> None:
        """Release all resources in the child of a fork, without an effect on the parent.

        Called for every source automatically.  Later calls of methods, except :meth:`close`, raise E605.
        """
        self.forked = True
        for part in (self._pump, self._queue, self._probe):
            part.after_fork_child()


def _after_fork_child() -> None:
    for source in list(_OPEN):
        source.after_fork_child()


os.register_at_fork(after_in_child=_after_fork_child)


def _image() -> mmap.mmap:
    try:
        with _IMAGE.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or 0
        if number in _LIMITS:
            raise kernel_error("open", number, f"{_IMAGE}") from error
        hint = "reinstall tiercel, or run `make build` in a source tree"
        raise KernelError("E403", f"{_IMAGE}: {getattr(error, 'strerror', None) or error}", hint=hint) from error


def _is_in(cgroups: bytes | None, group: bytes) -> bool:
    """Return whether one of the ``controllers=path`` entries is the group, or is below it."""
    paths = [entry.partition(b"=")[2] for entry in (cgroups or b"").split(b"\0")]
    return any(path == group or path.startswith(group.rstrip(b"/") + b"/") for path in paths)
