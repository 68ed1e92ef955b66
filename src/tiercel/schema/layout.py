# SPDX-License-Identifier: Apache-2.0
"""Layout of the event structs, computed as the C compiler does it, so that padding can be written out."""

from __future__ import annotations

from functools import cache
from keyword import iskeyword
from typing import Final

from tiercel.frozen import frozen
from tiercel.schema.types import Event, Param

HEADER_SIZE: Final = 104
FILE_SIZE: Final = 64

# Reserved member names: members of every struct, and words of C.
_TAKEN: Final = frozenset({
    "hdr", "file", "tail", "auto", "case", "char", "const", "default", "do", "double", "enum", "extern", "float",
    "goto", "inline", "int", "long", "register", "restrict", "short", "signed", "sizeof", "static", "struct", "switch",
    "typedef", "union", "unsigned", "void", "volatile", "signal",
})  # fmt: skip


@frozen
class Member:
    """One member of a struct; ``param`` is None for padding and for ``file``."""

    name: str
    ctype: str
    offset: int
    size: int
    param: Param | None = None

    @property
    def is_padding(self) -> bool:
        return self.name.startswith("_pad")


@frozen
class Layout:
    """Members after the header in order, and the offset of the tail."""

    members: tuple[Member, ...]
    file_offset: int | None
    tail_offset: int

    def offset(self, name: str) -> int:
        """Return the offset of the param called ``name``."""
        return next(m.offset for m in self.members if m.param is not None and m.param.name == name)


def member_name(param: Param) -> str:
    """Return the name of the struct member that holds ``param``."""
    return param.name + "_" if param.name in _TAKEN or iskeyword(param.name) else param.name


def alignment(ctype: str, size: int) -> int:
    """Return the alignment of a member: refs and paths consist of 16-bit numbers."""
    return 2 if ctype.startswith(("struct ev_ref", "struct ev_path")) else min(size, 8)


@cache
def layout(event: Event) -> Layout:
    """Return the layout of ``struct ev_<event>``: no byte between the header and the tail is unnamed."""
    members: list[Member] = []
    offset = HEADER_SIZE
    pads = 0

    def put(name: str, ctype: str, size: int, align: int, param: Param | None = None) -> None:
        nonlocal offset, pads
        gap = -offset % align
        if gap:
            members.append(Member(f"_pad{pads}", "__u8", offset, gap))
            pads += 1
            offset += gap
        members.append(Member(name, ctype, offset, size, param))
        offset += size

    for param in event.params + event.extra:
        put(member_name(param), param.type.ctype, param.type.size, alignment(param.type.ctype, param.type.size), param)
    file_offset = None
    if event.file:
        put("file", "struct ev_file", FILE_SIZE, 8)
        file_offset = members[-1].offset
    return Layout(tuple(members), file_offset, offset)
