# SPDX-License-Identifier: Apache-2.0
"""Just enough ELF to find a function in a BPF object, so that a test can break it."""

from __future__ import annotations

import struct


def _sections(image: bytes) -> list[tuple[int, ...]]:
    """Each section header: name, type, flags, addr, offset, size, link, info, align, entsize."""
    (start,) = struct.unpack_from("<Q", image, 40)
    size, count = struct.unpack_from("<HH", image, 58)
    return [struct.unpack_from("<IIQQQQIIQQ", image, start + n * size) for n in range(count)]


def symbol_range(image: bytes, name: str) -> tuple[int, int]:
    """Return where in the file the code or data of a symbol begins and ends."""
    sections = _sections(image)
    symtab = next(section for section in sections if section[1] == 2)
    strings = sections[symtab[6]][4]
    for at in range(symtab[4], symtab[4] + symtab[5], 24):
        text, _, _, section, value, size = struct.unpack_from("<IBBHQQ", image, at)
        begin = strings + text
        if image[begin : image.index(b"\0", begin)] == name.encode():
            start = sections[section][4] + value
            return start, start + size
    raise KeyError(name)


def symbol_offset(image: bytes, name: str) -> int:
    """Return where in the file the code or data of a symbol begins."""
    return symbol_range(image, name)[0]
