# SPDX-License-Identifier: Apache-2.0
"""``proc.*``: the process that the event happened in, and its ancestors."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_UNKNOWN = "the process is not known"
_NO_PARENT = "the parent is not known"
_NO_ANCESTOR = "there is no such ancestor"

FIELDS = (
    Field(
        "proc.name",
        T.CHARBUF,
        "Name of the process, at most 15 bytes, as of its last exec or clone.",
        missing_when=_UNKNOWN,
    ),
    Field("proc.exe", T.CHARBUF, "First word of the command line, argv[0].", missing_when=_UNKNOWN),
    Field("proc.exepath", T.CHARBUF, "Path of the executable as the kernel resolved it.", missing_when=_UNKNOWN),
    Field("proc.cmdline", T.CHARBUF, "Name of the process and its arguments.", cost=4, missing_when=_UNKNOWN),
    Field(
        "proc.args",
        T.CHARBUF,
        "Arguments without argv[0], separated by blanks; `proc.args[0]` is the first of them.",
        arg="optional_index",
        cost=4,
        missing_when=_UNKNOWN,
    ),
    Field("proc.pid", T.INT64, "Process id.", fmt="id", cost=1),
    Field("proc.vpid", T.INT64, "Process id in its own pid namespace.", fmt="id", cost=1),
    Field("proc.ppid", T.INT64, "Process id of the parent.", fmt="id", missing_when=_UNKNOWN),
    Field("proc.pgid", T.INT64, "Process group.", fmt="id", missing_when=_UNKNOWN),
    Field("proc.vpgid", T.INT64, "Process group in its own pid namespace.", fmt="id", missing_when=_UNKNOWN),
    Field("proc.sid", T.INT64, "Session in its own pid namespace.", fmt="id", missing_when=_UNKNOWN),
    Field(
        "proc.tty",
        T.UINT32,
        "Controlling terminal as an encoded device number, 0 for none.",
        fmt="id",
        missing_when=_UNKNOWN,
    ),
    Field("proc.cwd", T.CHARBUF, "Current directory, with a slash at the end.", cost=3, missing_when=_UNKNOWN),
    Field(
        "proc.env",
        T.CHARBUF,
        "Environment as NAME=value separated by blanks; `proc.env[NAME]` is one variable, empty if it is unset.",
        arg="optional_key",
        cost=8,
        missing_when=_UNKNOWN,
    ),
    Field("proc.duration", T.RELTIME, "Nanoseconds since the process started.", missing_when=_UNKNOWN),
    Field("proc.exe_ino", T.INT64, "Inode of the executable.", missing_when=_UNKNOWN),
    Field("proc.is_exe_writable", T.BOOL, "The user of the process may write its executable.", missing_when=_UNKNOWN),
    Field(
        "proc.is_exe_upper_layer",
        T.BOOL,
        "The executable lies in the upper layer of an overlay.",
        missing_when=_UNKNOWN,
    ),
    Field("proc.is_exe_from_memfd", T.BOOL, "The executable is an anonymous file in memory.", missing_when=_UNKNOWN),
    Field("proc.pname", T.CHARBUF, "Name of the parent.", cost=3, missing_when=_NO_PARENT),
    Field("proc.pexepath", T.CHARBUF, "Executable of the parent.", cost=3, missing_when=_NO_PARENT),
    Field("proc.pcmdline", T.CHARBUF, "Name and arguments of the parent.", cost=5, missing_when=_NO_PARENT),
    Field(
        "proc.aname",
        T.CHARBUF,
        "Name of an ancestor: `proc.aname[1]` is the parent's; without a number, any ancestor's.",
        arg="optional_index",
        multi="any",
        cost=6,
        missing_when=_NO_ANCESTOR,
    ),
    Field(
        "proc.apid",
        T.INT64,
        "Process id of an ancestor: `proc.apid[1]` is the parent's; without a number, any ancestor's.",
        arg="optional_index",
        fmt="id",
        multi="any",
        cost=6,
        missing_when=_NO_ANCESTOR,
    ),
    Field(
        "proc.aexepath",
        T.CHARBUF,
        "Executable of an ancestor: `proc.aexepath[1]` is the parent's; without a number, any ancestor's.",
        arg="optional_index",
        multi="any",
        cost=6,
        missing_when=_NO_ANCESTOR,
    ),
    Field(
        "proc.acmdline",
        T.CHARBUF,
        "Name and arguments of an ancestor: `proc.acmdline[1]` is the parent's; without a number, any ancestor's.",
        arg="optional_index",
        multi="any",
        cost=8,
        missing_when=_NO_ANCESTOR,
    ),
)
