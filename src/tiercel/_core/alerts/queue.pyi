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

    The queue copies its items. Its descriptor is readable while the queue is not empty, and always after ``close``.

    Args:
        capacity: maximum number of alerts.
        max_bytes: maximum size in bytes, including about 20 bytes per alert; rounded up to a power of two.
        policy: handling of an alert without room: ``drop_oldest`` drops the oldest alerts, ``drop_newest`` drops the
            alert, ``block`` waits for a reader. Every drop is counted. While a push waits, events accumulate in the
            kernel's ring buffers, which count events lost when full.

    Raises:
        UsageError: E607, an unknown policy, or too small for a single alert.
    """

    def __new__(
        cls,
        *,
        capacity: int = 65536,
        max_bytes: int = 1 << 26,
        policy: Literal["drop_oldest", "drop_newest", "block"] | str = "drop_oldest",
    ) -> AlertQueue: ...
    def __len__(self) -> int:
        """Return the number of queued alerts."""

    def push(self, data: Buffer, tag: int = 0, owner: int = 0) -> bool:
        """Copy one alert in and wake the readers.

        Args:
            data: the serialised alert.
            tag: number that ``pop`` returns with the alert; the drain thread passes the generation of its rules.
            owner: number of the alert's owner; the drain thread passes the container or control group. While the queue
                has alerts of several owners, one owner may fill three quarters of it; its excess alerts are dropped.

        Returns:
            False if the alert was lost and counted.

        Releases the GIL.
        """

    def pop(self, limit: int = 1024, timeout: float | None = None) -> list[tuple[int, bytes]]:
        """Take up to ``limit`` alerts, in order, as ``(tag, data)``.

        Waits for the first alert: ``timeout`` seconds, without limit if None, not at all if 0. Returns an empty list on
        timeout, or when the queue is closed and empty. Signal handlers run during the wait, so Ctrl-C interrupts it.

        Raises:
            SensorError: E605, the queue belongs to the parent of a fork.
            UsageError: E607, a limit below 1.

        Releases the GIL during the wait.
        """

    def pop_alerts(self, limit: int = 1024, timeout: float | None = None) -> list[tuple[int, RawAlert]]:
        """Take up to ``limit`` alerts like ``pop``, unpacked: for queues that a ``DrainThread`` fills.

        Raises:
            EventError: E301, an item is not a packed alert.
        """

    def fileno(self) -> int:
        """Return an eventfd to poll for reading; do not read from it."""

    @property
    def closed(self) -> bool:
        """True after ``close`` was called."""

    def close(self) -> None:
        """Refuse further alerts (they count as lost) and wake all waiting calls; queued alerts can still be taken."""

    def after_fork_child(self) -> None:
        """Close the descriptor in the child of a fork; every other call raises E605 from then on."""

    def stats(self) -> QueueStats:
        """Return a consistent snapshot of the counters."""
