# SPDX-License-Identifier: Apache-2.0
"""Consumer of BPF ring buffers, and the merge of several of them in time order."""

from collections.abc import Iterable
from typing import TypedDict, final

class RingStats(TypedDict):
    """What a reader saw; lists have one item per ring."""

    records: list[int]
    fill: list[int]
    peak: list[int]
    corrupt: int
    out_of_order: int
    hurries: int

@final
class RingReader:
    """Reads raw records from ring buffers; the sensor's own drain thread does the same without Python.

    There can be one reader of a ring at a time.

    Args:
        rings: descriptor and size in bytes of each, at most 9; the descriptors are not kept.
        slack_ns: how long a record may be in flight. A record is handed out once it is that old, so that an older one
            of another ring comes first; and without waiting when a ring is more than half full.

    Raises:
        KernelError: E408, a ring cannot be mapped.
    """

    def __new__(cls, rings: Iterable[tuple[int, int]], *, slack_ns: int = 1_000_000) -> RingReader: ...
    def read(self, limit: int = 2147483647, *, now_ns: int | None = None, look: bool = True) -> list[tuple[int, bytes]]:
        """Take the records that are in the rings and old enough, oldest first, as ``(index of the ring, record)``.

        Args:
            limit: most records to take.
            now_ns: CLOCK_BOOTTIME to go by; the clock's own by default.
            look: look at the rings first. False goes on with what the last read saw of them, as the drain thread does
                inside a batch; there must have been one.
        """

    def stats(self) -> RingStats:
        """Return the counters.

        ``peak`` is the highest fill in bytes that a read met, ``corrupt`` counts lengths and positions that made no
        sense, ``out_of_order`` records that came after a later one of another ring, ``hurries`` reads that found a ring
        more than half full.
        """

    def close(self) -> None:
        """Unmap the rings; the descriptors stay open."""
