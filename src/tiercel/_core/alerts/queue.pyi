# SPDX-License-Identifier: Apache-2.0
"""Bounded queue of serialised alerts between the drain thread and Python."""

from typing import Literal, TypedDict, final

from typing_extensions import Buffer

from tiercel._core.alerts.unpack import RawAlert

class QueueStats(TypedDict):
    """Counters of a queue: ``pushed = popped + queued + lost_oldest + lost_newest`` at any moment."""

    pushed: int
    popped: int
    queued: int
    lost_oldest: int
    lost_newest: int
    waits: int
    peak: int

@final
class AlertQueue:
    """Bounded first-in first-out queue; any number of threads may push and pop.

    The queue copies what it is given. Its descriptor is readable as long as it holds something, and for good once it
    is closed.

    Args:
        capacity: most alerts inside.
        max_bytes: most bytes inside, some 20 per alert included; rounded up to a power of two.
        policy: what happens to an alert that finds no room: ``drop_oldest`` makes it by losing the oldest alerts,
            ``drop_newest`` loses the alert, ``block`` waits for a reader. Every loss is counted. While a push waits,
            events pile up in the kernel's ring buffers, and are counted there when those are full.

    Raises:
        UsageError: E607, an unknown policy, or no room for a single alert.
    """

    def __new__(
        cls,
        *,
        capacity: int = 65536,
        max_bytes: int = 1 << 26,
        policy: Literal["drop_oldest", "drop_newest", "block"] | str = "drop_oldest",
    ) -> AlertQueue: ...
    def __len__(self) -> int:
        """Return the number of alerts inside."""

    def push(self, data: Buffer, tag: int = 0, owner: int = 0) -> bool:
        """Copy one alert in and wake the readers.

        Args:
            data: the serialised alert.
            tag: number that is handed out with it; the drain thread gives the generation of its rules.
            owner: number of whom it comes from; the drain thread gives the control group. While there are alerts of
                several, one of them may fill three quarters of the queue; what is too much of it makes way.

        Returns:
            False if the alert was lost, which has been counted.

        Releases the GIL.
        """

    def pop(self, limit: int = 1024, timeout: float | None = None) -> list[tuple[int, bytes]]:
        """Take up to ``limit`` alerts, in order, as ``(tag, data)``.

        Waits for the first one: ``timeout`` seconds, for ever if None, not at all if 0. Returns an empty list when the
        time is over, or when the queue is closed and empty. Signal handlers run while it waits, so Ctrl-C ends it.

        Raises:
            SensorError: E605, the queue was inherited through a fork.
            UsageError: E607, a limit below 1.

        Releases the GIL while it waits.
        """

    def pop_alerts(self, limit: int = 1024, timeout: float | None = None) -> list[tuple[int, RawAlert]]:
        """Take up to ``limit`` alerts like ``pop``, unpacked: for queues that a ``Pump`` fills.

        Raises:
            EventError: E301, an item is not one that a pump put in.
        """

    def fileno(self) -> int:
        """Return the descriptor of an eventfd to poll for reading; do not read from it."""

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""

    def close(self) -> None:
        """Refuse further alerts (they count as lost) and wake everybody; what is inside can still be taken."""

    def after_fork_child(self) -> None:
        """Give up the queue in the child of a fork: its descriptor is closed, and every other call raises E605."""

    def stats(self) -> QueueStats:
        """Return the counters, all of one moment."""
