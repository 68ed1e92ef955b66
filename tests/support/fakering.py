# SPDX-License-Identifier: Apache-2.0
"""A ring buffer without a kernel: a file in memory, laid out as the kernel maps a BPF ring buffer."""

from __future__ import annotations

import mmap
import os
import struct

PAGE = mmap.PAGESIZE
BUSY = 1 << 31
DISCARD = 1 << 30


class FakeRing:
    """Consumer page, producer page, and the data twice in a row."""

    def __init__(self, size: int = PAGE) -> None:
        self.size = size
        self.fd = os.memfd_create("ring")
        os.ftruncate(self.fd, 2 * PAGE + 2 * size)
        self.map = mmap.mmap(self.fd, 0)
        # Eight bytes at once, as the kernel writes them; the struct module writes one by one.
        self._positions = memoryview(self.map).cast("Q")

    def close(self) -> None:
        self._positions.release()
        self.map.close()
        os.close(self.fd)

    @property
    def consumer(self) -> int:
        """Position up to which the reader gave the space back."""
        return self._positions[0]

    @property
    def producer(self) -> int:
        """Position up to which records were put."""
        return self._positions[PAGE // 8]

    @producer.setter
    def producer(self, position: int) -> None:
        self._positions[PAGE // 8] = position

    def poke(self, at: int, data: bytes) -> None:
        """Write at a position; every byte exists in both copies."""
        start = at % self.size
        for copy in (0, self.size):
            first = data[: self.size - start]
            begin = 2 * PAGE + copy
            self.map[begin + start : begin + start + len(first)] = first
            self.map[begin : begin + len(data) - len(first)] = data[len(first) :]

    def put(self, payload: bytes, flags: int = 0) -> int | None:
        """Add a record; its position, or None without room (which the kernel would count as a drop)."""
        at, step = self.producer, (8 + len(payload) + 7) & ~7
        if at + step - self.consumer > self.size:
            return None
        self.poke(at, struct.pack("=II", len(payload) | flags, 0) + payload)
        self.producer = at + step
        return at

    def commit(self, at: int, length: int) -> None:
        """Finish a record that was put with ``BUSY``."""
        self.poke(at, struct.pack("=I", length))
