# SPDX-License-Identifier: Apache-2.0
"""The BPF maps of this process, opened by their ids as any other process with CAP_BPF can."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

SYS_BPF = 321 if os.uname().machine == "x86_64" else 280
LOOKUP, UPDATE, DELETE, GET_FD_BY_ID, GET_INFO = 1, 2, 3, 14, 15
_INFO_BYTES = 88
_LIBC = ctypes.CDLL(None, use_errno=True)


def _bpf(command: int, attr: bytes) -> int:
    room = ctypes.create_string_buffer(attr, 128)
    result = int(_LIBC.syscall(SYS_BPF, command, room, len(room)))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Map:
    """A map of this process, by a descriptor of its own."""

    def __init__(self, number: int) -> None:
        self.fd = _bpf(GET_FD_BY_ID, struct.pack("=III", number, 0, 0))
        info = ctypes.create_string_buffer(_INFO_BYTES)
        _bpf(GET_INFO, struct.pack("=IIQ", self.fd, _INFO_BYTES, ctypes.addressof(info)))
        self.kind, self.id, self.key_size, self.value_size, self.entries, _ = struct.unpack_from("=6I", info.raw)
        self.name = info.raw[24:40].rstrip(b"\0").decode()

    def close(self) -> None:
        os.close(self.fd)

    def _call(self, command: int, key: int, value: ctypes.Array[ctypes.c_char] | None) -> None:
        raw = ctypes.create_string_buffer(key.to_bytes(self.key_size, "little"), self.key_size)
        at = ctypes.addressof(value) if value is not None else 0
        _bpf(command, struct.pack("=IIQQQ", self.fd, 0, ctypes.addressof(raw), at, 0))

    def get(self, key: int, size: int = 0) -> bytes:
        """Return a value; ``size`` is that of all processors for a per-CPU map."""
        value = ctypes.create_string_buffer(size or self.value_size)
        self._call(LOOKUP, key, value)
        return value.raw

    def put(self, key: int, value: bytes) -> None:
        self._call(UPDATE, key, ctypes.create_string_buffer(value, len(value)))

    def delete(self, key: int) -> None:
        self._call(DELETE, key, None)


@contextlib.contextmanager
def own_map(name: str, pid: int | str = "self") -> Iterator[Map]:
    """Open the map of a process by its name in the kernel, of which there must be one."""
    gc.collect()  # a probe of an earlier test may wait for the collector with its maps open
    found: list[Map] = []
    numbers: set[int] = set()
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        with contextlib.suppress(OSError):
            numbers.update(int(number) for number in re.findall(r"^map_id:\s+(\d+)", info.read_text(), re.MULTILINE))
    try:
        for number in numbers:
            one = Map(number)
            if one.name == name[:15]:
                found.append(one)
            else:
                one.close()
        (wanted,) = found
        yield wanted
    finally:
        for one in found:
            one.close()
