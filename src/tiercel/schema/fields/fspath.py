# SPDX-License-Identifier: Apache-2.0
"""``fs.path.*``: the paths of file system calls."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NOT_ONE = "the event has not exactly one path"
_NOT_TWO = "the event has not two paths"

FIELDS = (
    Field(
        "fs.path.name",
        T.CHARBUF,
        "Path that a call on one path works on, made absolute.",
        path=True,
        cost=4,
        missing_when=_NOT_ONE,
        module="fs_path",
    ),
    Field(
        "fs.path.nameraw",
        T.CHARBUF,
        "Path that a call on one path works on, as the program passed it.",
        cost=4,
        missing_when=_NOT_ONE,
        module="fs_path",
    ),
    Field(
        "fs.path.source",
        T.CHARBUF,
        "Existing path of a call on two paths, made absolute.",
        path=True,
        cost=4,
        missing_when=_NOT_TWO,
        module="fs_path",
    ),
    Field(
        "fs.path.sourceraw",
        T.CHARBUF,
        "`fs.path.source` as the program passed it.",
        cost=4,
        missing_when=_NOT_TWO,
        module="fs_path",
    ),
    Field(
        "fs.path.target",
        T.CHARBUF,
        "New path of a call on two paths, made absolute. The target of a symbolic link starts where the call does; "
        "in a capture, a relative one of `symlinkat` follows `<UNKNOWN>`, as in Falco.",
        path=True,
        cost=4,
        missing_when=_NOT_TWO,
        module="fs_path",
    ),
    Field(
        "fs.path.targetraw",
        T.CHARBUF,
        "`fs.path.target` as the program passed it.",
        cost=4,
        missing_when=_NOT_TWO,
        module="fs_path",
    ),
)
