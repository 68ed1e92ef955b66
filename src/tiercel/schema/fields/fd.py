# SPDX-License-Identifier: Apache-2.0
"""``fd.*``: the file descriptor of the event."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NO_FD = "the event does not work on a file descriptor"
_NO_TABLE = "only of captures are the descriptors of processes kept"

FIELDS = (
    Field("fd.num", T.INT64, "Number of the descriptor.", fmt="id", cost=1, missing_when=_NO_FD),
    Field(
        "fd.name",
        T.CHARBUF,
        "Full name of the descriptor: absolute path of a file, both ends of a connection, path of a unix socket.",
        path=True,
        cost=4,
        missing_when=_NO_FD,
    ),
    Field("fd.name_requested", T.CHARBUF, "`fd.name` as the program requested it.", cost=4, missing_when=_NO_FD),
    Field("fd.name_resolved", T.CHARBUF, "`fd.name` as the kernel resolved it.", cost=4, missing_when=_NO_FD),
    Field(
        "fd.nameraw",
        T.CHARBUF,
        "Path that the descriptor was opened by as the program passed it, without doubled slashes.",
        cost=4,
        missing_when="live, the event opens no file",
    ),
    Field(
        "fd.name_changed",
        T.BOOL,
        "The event changed the name of the descriptor, as sending to another address does; live, that it names it.",
        missing_when=_NO_FD,
    ),
    Field(
        "fd.directory",
        T.CHARBUF,
        "Directory part of the name; of a directory, the whole name.",
        path=True,
        cost=4,
        missing_when="the descriptor is neither a file nor a directory",
    ),
    Field(
        "fd.filename",
        T.CHARBUF,
        "Last part of the name.",
        path=True,
        cost=4,
        missing_when="the descriptor is not a file",
    ),
    Field(
        "fd.containername",
        T.CHARBUF,
        "`container.id`, a colon, and `fd.name`.",
        path=True,
        cost=5,
        missing_when=_NO_FD,
    ),
    Field(
        "fd.containerdirectory",
        T.CHARBUF,
        "`container.id`, a colon, and `fd.directory`.",
        path=True,
        cost=5,
        missing_when="the descriptor is neither a file nor a directory",
    ),
    Field(
        "fd.uid",
        T.CHARBUF,
        "Thread id followed by the number of the descriptor.",
        cost=3,
        missing_when=_NO_FD,
    ),
    Field(
        "fd.type",
        T.CHARBUF,
        "Kind of the descriptor: file, directory, ipv4, ipv6, unix, pipe, event and others.",
        missing_when=_NO_FD,
    ),
    Field("fd.typechar", T.CHARBUF, "Kind of the descriptor in one character.", missing_when=_NO_FD),
    Field(
        "fd.types",
        T.CHARBUF,
        "Kinds of all descriptors of the process, each once; `fd.types[0]` is that of one descriptor.",
        arg="optional_index",
        multi="list",
        no_rhs=True,
        cost=6,
        pending=_NO_TABLE,
        partial=True,
        missing_when=_NO_FD,
    ),
    Field("fd.dev", T.INT32, "Device of the file or directory, 0 for anything else.", fmt="hex", missing_when=_NO_FD),
    Field("fd.dev.major", T.INT32, "Major number of the device.", missing_when=_NO_FD),
    Field("fd.dev.minor", T.INT32, "Minor number of the device.", missing_when=_NO_FD),
    Field("fd.ino", T.INT64, "Inode of the file.", missing_when=_NO_FD),
    Field(
        "fd.is_upper_layer",
        T.BOOL,
        "The file lies in the upper layer of an overlay.",
        missing_when=_NO_FD,
    ),
    Field(
        "fd.is_lower_layer",
        T.BOOL,
        "The file lies in the lower layer of an overlay.",
        missing_when=_NO_FD,
    ),
)
