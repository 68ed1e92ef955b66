# SPDX-License-Identifier: Apache-2.0
"""Parser of the hand-written header of the wire format; its Cython externs are rendered from the result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tiercel.frozen import frozen

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_DEFINE: Final = re.compile(r"^#define (\w+) (0x[0-9a-fA-F]+|[0-9]+)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"^(enum|struct) (\w+) \{(.*?)^\};", re.MULTILINE | re.DOTALL)
_ENUMERATOR: Final = re.compile(r"(\w+)\s*(?:=[^,]*)?,")
_MEMBER: Final = re.compile(r"((?:struct )?\w+)\s+(\w+)(?:\[(\w+)\])?;")


@frozen
class Abi:
    """Declarations of a header of the wire format; members are (type, name, array size or None)."""

    defines: dict[str, int]
    enums: dict[str, tuple[str, ...]]
    structs: dict[str, tuple[tuple[str, str, int | None], ...]]


def parse(header: str) -> Abi:
    """Return the constants, enums and structs of ``header``, which is in the kernel's formatting."""
    text = re.sub(r"[ \t]+$", "", _COMMENT.sub("", header), flags=re.MULTILINE)
    defines = {name: int(value, 0) for name, value in _DEFINE.findall(text)}
    enums: dict[str, tuple[str, ...]] = {}
    structs: dict[str, tuple[tuple[str, str, int | None], ...]] = {}
    for kind, name, body in _BLOCK.findall(text):
        if kind == "enum":
            enums[name] = tuple(_ENUMERATOR.findall(body))
        else:
            structs[name] = tuple(
                (ctype, member, _dimension(size, defines)) for ctype, member, size in _MEMBER.findall(body)
            )
    return Abi(defines, enums, structs)


def _dimension(size: str, defines: dict[str, int]) -> int | None:
    if not size:
        return None
    return int(size) if size.isdigit() else defines[size]


_INT_TYPES: Final = {
    f"__{sign}{bits}": f"{'u' if sign == 'u' else ''}int{bits}_t" for sign in "su" for bits in (8, 16, 32, 64)
}


def cython_type(ctype: str) -> str:
    """Return the Cython spelling of a member's C type."""
    return _INT_TYPES.get(ctype) or ctype.removeprefix("struct ")


def externs(abi: Abi) -> Iterator[str]:
    """Yield the body of a ``cdef extern`` block for ``abi``, indented once."""
    if abi.defines:
        yield "    enum:"
        yield from (f"        {name}" for name in abi.defines)
    for name, words in abi.enums.items():
        yield ""
        yield f"    enum {name}:"
        yield from (f"        {word}" for word in words)
    for name, members in abi.structs.items():
        yield ""
        yield f"    struct {name}:"
        for ctype, member, size in members:
            yield f"        {cython_type(ctype)} {member}" + ("" if size is None else f"[{size}]")
