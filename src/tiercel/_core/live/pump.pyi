# SPDX-License-Identifier: Apache-2.0
"""Python interface of the drain thread: start, stop, flush, rule swap, counters."""

from collections.abc import Iterable, Sequence
from typing import TypedDict, final

from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.live.capture_ring import CaptureRing
from tiercel._core.state.process_table import ProcessTable

class DrainThreadStats(TypedDict):
    """Counters since the DrainThread was created.

    Attributes:
        events: complete records, including internal records for the process table.
        by_type: number of these records by event name.
        malformed: invalid records and lengths in the rings.
        alerts: matches offered to the queue; the queue counts the lost ones.
        oversized: matches lost because the packed alert does not fit the buffer.
        alerts_cut: alerts with shortened or omitted values.
        overflows: derived texts that did not fit the arena; their fields count as missing.
        matches: matches by rule, for each generation of rules.
        out_of_order: records processed after a later record of another ring.
        hurries: times that a ring was more than half full, so that its records were not delayed for ordering.
        ring_fill: bytes in each ring now.
        ring_peak: maximum number of bytes seen in each ring.
        ring_size: capacity of each ring in bytes.
        polls: number of polls of the rings.
        lag_ns: age of the last record of a batch after the evaluation of the batch.
        lag_max_ns: maximum of that age.
        cpu_ns: processor time of the thread.
        holding: events now in the hold queue, which wait for container metadata.
        holding_bytes: memory of these events.
        holding_peak: maximum of that memory.
        held: events added to the hold queue.
        released: held events that were evaluated.
        overdue: held events that were evaluated without the metadata.
        hold_no_room: events evaluated at once because the hold queue was full.
        uncertain_matches: alerts whose match depends on missing container metadata.
        suppressed_matches: such matches that were suppressed (``skips_uncertain``).
        alerts_missing_metadata: alerts whose output lacks container metadata.
        container_events: evaluated ``container`` events.
        container_events_lost: ``container`` events dropped because their queue was full.
    """

    events: int
    by_type: dict[str, int]
    malformed: int
    alerts: int
    oversized: int
    alerts_cut: int
    overflows: int
    matches: dict[int, list[int]]
    out_of_order: int
    hurries: int
    ring_fill: list[int]
    ring_peak: list[int]
    ring_size: list[int]
    polls: int
    lag_ns: int
    lag_max_ns: int
    cpu_ns: int
    holding: int
    holding_bytes: int
    holding_peak: int
    held: int
    released: int
    overdue: int
    hold_no_room: int
    uncertain_matches: int
    suppressed_matches: int
    alerts_missing_metadata: int
    container_events: int
    container_events_lost: int

@final
class RuleGenerationOwner:
    """Owner of one generation of rules and its memory."""

@final
class DrainThread:
    """Thread that drains the ring buffers into the process table, the rules and the alert queue, without Python.

    Args:
        rings: descriptor and size in bytes of each ring, as from ``Probe.rings()``.
        program: the rules, generation 1.
        table: the process table, which the thread updates.
        queue: destination of alerts, each tagged with the generation of its rules.
        first_only: only the first matching rule of an event alerts.
        cgroup_map_fd: ``Probe.cgroup_map_fd()``, the kernel map for the classes of control groups; -1: no updates.
        only_containers: the scope ``containers``: processes of the host raise no alerts.
        captures: for each rule, whether a match starts a capture, and its duration in milliseconds (0: the ring's
            default).
        skips_uncertain: suppress matches that depend on missing container metadata.
        own_rules: rules about the sensor itself, evaluated on records with ``EVF_OWN``, which ``program`` does not
            see. Their alerts have the generation 0, and are not in ``alerts`` and ``matches``.

    Raises:
        KernelError: E408, a ring cannot be mapped.
    """

    def __new__(
        cls,
        rings: Iterable[tuple[int, int]],
        program: RuleProgram,
        table: ProcessTable,
        queue: AlertQueue,
        *,
        first_only: bool = True,
        cgroup_map_fd: int = -1,
        only_containers: bool = False,
        captures: Sequence[tuple[bool, int]] = (),
        skips_uncertain: bool = False,
        own_rules: RuleProgram | None = None,
    ) -> DrainThread: ...
    @property
    def running(self) -> bool:
        """True while the thread runs."""

    @property
    def generation(self) -> int:
        """Generation of the newest rules: 1, incremented by each swap."""

    def start(self) -> None:
        """Start the thread with all signals blocked; it continues where a stopped thread ended.

        Raises:
            SensorError: E605, it runs already.
        """

    def stop(self, *, empty: bool = False) -> None:
        """End the thread; nothing happens if it does not run.

        An alert that waits for room in the queue at that moment is lost, and counted. What is in the rings stays there
        for a later ``start``; ``flush`` first to have it evaluated.

        Args:
            empty: evaluate all remaining records; requires that the probe no longer writes. Alerts without room in
                the queue are lost and counted.
        """

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until the current records of all rings are evaluated and their alerts are in the queue.

        Takes a little more than the 1 ms that records are delayed for ordering. With the policy ``block``, another
        thread must read the queue meanwhile.

        Returns:
            False if ``timeout`` (in seconds) expired first.

        Releases the GIL; Ctrl-C interrupts the wait.
        """

    def swap(self, program: RuleProgram, captures: Sequence[tuple[bool, int]] = ()) -> int:
        """Replace the rules between two events; the process table is kept.

        On return the new rules are active, unless the thread waits for room in the queue: then they become active with
        the next event.

        Returns:
            The generation of the new rules.

        Releases the GIL.
        """

    def add_container_event(self, container_id: str, json: bytes) -> bool:
        """Queue a ``container`` event, which announces the metadata of a container, for evaluation.

        Args:
            container_id: as in the table.
            json: payload of the event; omitted if too long for a record.

        Returns:
            Whether the event was queued: not after an earlier event of the container, not out of scope (as far as
            known), not while the thread is stopped, and not if the queue is full.
        """

    def record(self, ring: CaptureRing) -> None:
        """Record events to the ring from now on.

        Raises:
            SensorError: E605, too many recordings run already.
        """

    def unrecord(self, ring: CaptureRing) -> None:
        """Stop recording to the ring."""

    def settled(self) -> list[int]:
        """Return the retired generations: the thread pushes no more alerts of these."""

    def forget(self, generation: int) -> list[int]:
        """Remove a retired generation from the counters, and return its matches by rule.

        Raises:
            KeyError: the generation is not retired.
        """

    def stats_snapshot(self) -> DrainThreadStats:
        """Return the counters; cheap enough for one call per second.

        The thread keeps running, so the counters are not a consistent snapshot.
        """

    def after_fork_child(self) -> None:
        """Close the descriptors in the child of a fork; every other call raises E605 from then on."""
