# SPDX-License-Identifier: Apache-2.0
"""Consumer of BPF ring buffers, and the merge of several of them in time order."""

from collections.abc import Iterable
from typing import TypedDict, final

class RingStats(TypedDict):
    """Counters of a reader; lists have one item per ring."""

    records: list[int]
    fill: list[int]
    peak: list[int]
    corrupt: int
    out_of_order: int
    hurries: int

@final
class RingReader:
    """Reader of raw records from ring buffers. The sensor's drain thread does this without Python.

    A ring can have only one reader at a time.

    Args:
        rings: descriptor and size in bytes of each, at most 9; the descriptors are not kept.
        slack_ns: assumed limit of the time that a record is in flight. A record is returned once it is that old, so
            that older records of other rings come first. There is no such delay if a ring is more than half full.

    Raises:
        KernelError: E408, a ring cannot be mapped.
    """

    def __new__(cls, rings: Iterable[tuple[int, int]], *, slack_ns: int = 1_000_000) -> RingReader: ...
    def read(self, limit: int = 2147483647, *, now_ns: int | None = None, look: bool = True) -> list[tuple[int, bytes]]:
        """Consume the records that are old enough, oldest first, as ``(index of the ring, record)``.

        Args:
            limit: limit of records.
            now_ns: time in CLOCK_BOOTTIME; the current time by default.
            look: take a snapshot of the rings first. False continues with the last snapshot, as the drain thread does
                inside a batch.
        """

    def stats(self) -> RingStats:
        """Return the counters.

        ``peak``: highest fill of a snapshot, in bytes. ``corrupt``: invalid lengths and positions. ``out_of_order``:
        records after a later record of another ring. ``hurries``: snapshots with a ring more than half full.
        """

    def close(self) -> None:
        """Unmap the rings; the descriptors stay open."""
