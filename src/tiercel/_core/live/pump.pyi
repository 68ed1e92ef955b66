# SPDX-License-Identifier: Apache-2.0
"""The drain thread as Python sees it: start, stop, flush, other rules, counters."""

from collections.abc import Iterable, Sequence
from typing import TypedDict, final

from tiercel._core.alerts.queue import AlertQueue
from tiercel._core.eval.program import RuleProgram
from tiercel._core.live.capture_ring import Recorder
from tiercel._core.state.process_table import ProcessTable

class PumpStats(TypedDict):
    """What the drain thread counted since the pump was made.

    Attributes:
        events: whole records, those included that only the process table needs.
        by_type: the same by event name.
        malformed: records and lengths in the rings that made no sense.
        alerts: matches that were offered to the queue, whose own counters say how many of them were lost.
        oversized: matches that there was no room to serialise; lost.
        cut: alerts with values that were shortened or left out for want of room.
        overflows: derived texts that there was no room for; their fields counted as missing.
        matches: matches by rule, for each generation of rules.
        out_of_order: records that came after a later one of another ring.
        hurries: times that a ring was more than half full, so that its records were not held back for order.
        ring_fill: bytes in each ring now.
        ring_peak: most bytes that were found in each ring.
        ring_size: bytes that each ring holds.
        polls: times that the thread looked into the rings.
        lag_ns: age of the last record when its batch had been evaluated.
        lag_max_ns: the highest such age.
        cpu_ns: processor time of the thread.
        holding: events that wait now for what is to be known of their container.
        holding_bytes: what they take.
        holding_peak: most bytes that such events ever took.
        held: events that waited.
        released: those of them that were evaluated.
        overdue: those that were evaluated without what they had waited for.
        hold_no_room: events that should have waited, and were evaluated at once, as too many waited already.
        unsure: alerts that hang on what is not known of a container.
        skipped: the same where they do not count (``skips_unsure``).
        untold: alerts that lack what is not known of a container.
        told: containers that an event told rules of.
        tellings_lost: containers that there was no room for such an event about.
    """

    events: int
    by_type: dict[str, int]
    malformed: int
    alerts: int
    oversized: int
    cut: int
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
    unsure: int
    skipped: int
    untold: int
    told: int
    tellings_lost: int

@final
class Rules:
    """One generation of rules in a pump."""

@final
class Pump:
    """Drains ring buffers in a thread of its own that never runs Python: records, state, rules, queue.

    Args:
        rings: descriptor and size in bytes of each ring, as from ``Probe.rings()``.
        program: the rules, generation 1.
        table: the process table; the pump keeps it up to date.
        queue: where alerts go, each tagged with the generation of the rules that it comes from.
        first_only: of several rules that match an event, only the first one alerts.
        cgroup_map_fd: ``Probe.cgroup_map_fd()``, the map for classifications of control groups; -1: no updates.
        only_containers: the scope ``containers``: processes of the host raise no alerts.
        captures: for each rule of the program, whether a match starts a capture, and how many milliseconds one lasts
            (0: as the recorder says).
        skips_unsure: a rule does not match if that hangs on what is not known of the event's container.

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
        skips_unsure: bool = False,
    ) -> Pump: ...
    @property
    def running(self) -> bool:
        """Whether the thread runs."""

    @property
    def generation(self) -> int:
        """Generation of the newest rules: 1, and one more with each swap."""

    def start(self) -> None:
        """Start the thread, with all signals blocked in it; it goes on where an earlier one stopped.

        Raises:
            SensorError: E605, it runs already.
        """

    def stop(self, *, empty: bool = False) -> None:
        """End the thread; nothing happens if it does not run.

        An alert that waits for room in the queue at that moment is lost, and counted. What is in the rings stays there
        for a later ``start``; ``flush`` first to have it evaluated.

        Args:
            empty: evaluate what is in the rings all the same, where no more is written; alerts that find no room are
                lost, and counted.
        """

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything that is in the rings now has been evaluated, and its alerts are in the queue.

        Takes a little more than the 1 ms that records are held back for order. With a queue that blocks, somebody must
        go on reading it.

        Returns:
            False if the time (in seconds) was over first.

        Releases the GIL; Ctrl-C ends it.
        """

    def swap(self, program: RuleProgram, captures: Sequence[tuple[bool, int]] = ()) -> int:
        """Put other rules in use between two events; processes stay known.

        On return the new rules are in use, unless the thread waits for room in the queue: then they are from the next
        event on.

        Returns:
            The generation of the new rules.

        Releases the GIL.
        """

    def tell(self, container_id: str, json: bytes) -> bool:
        """Have the thread evaluate an event ``container`` about a container that an engine has told of.

        Args:
            container_id: as in the table.
            json: the event's payload; one that is too long for a record is left out.

        Returns:
            Whether there will be one: not if there was one before, if the container is not in the scope as far as that
            is known, if the thread does not run, or if too many wait.
        """

    def record(self, recorder: Recorder) -> None:
        """Put events on the recorder's tape, too, from now on.

        Raises:
            SensorError: E605, too many recordings run already.
        """

    def unrecord(self, recorder: Recorder) -> None:
        """Put no more events on the recorder's tape."""

    def settled(self) -> list[int]:
        """Return the generations of rules that the thread uses no more: no alert of theirs is pushed from now on."""

    def forget(self, generation: int) -> list[int]:
        """Leave a settled generation out of the counters from now on, and return its matches by rule.

        Raises:
            KeyError: it is not settled.
        """

    def stats_snapshot(self) -> PumpStats:
        """Return the counters; cheap enough for every second.

        The thread goes on meanwhile, so they are not of one moment.
        """

    def after_fork_child(self) -> None:
        """Give up the pump in the child of a fork: its descriptors are closed, and every other call raises E605."""
