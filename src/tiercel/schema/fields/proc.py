# SPDX-License-Identifier: Apache-2.0
"""``proc.*`` of the process of the event."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_UNKNOWN = "the process is not known"
_NO_COUNT = "the process is not known, or the event is not the end of a system call"
_NO_MEMORY = "the process is not known, or is part of the kernel"
_NO_START = "the start of the process is not known"

_PROGRAM = (
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
        "proc.exeline",
        T.CHARBUF,
        "First word of the command line, a blank, and the arguments.",
        cost=4,
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.args",
        T.CHARBUF,
        "Arguments without argv[0], separated by blanks; `proc.args[0]` is the first of them.",
        arg="optional_index",
        cost=4,
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.cmdnargs",
        T.UINT64,
        "Number of arguments, argv[0] not counted.",
        cost=4,
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.cmdlenargs",
        T.UINT64,
        "Bytes of all arguments together, argv[0] and blanks not counted.",
        cost=4,
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.env",
        T.CHARBUF,
        "Environment as NAME=value separated by blanks; `proc.env[NAME]` is one variable, empty if it is unset.",
        arg="optional_key",
        cost=8,
        missing_when=_UNKNOWN,
    ),
    Field("proc.cwd", T.CHARBUF, "Current directory, with a slash at the end.", cost=3, missing_when=_UNKNOWN),
    Field(
        "proc.tty",
        T.UINT32,
        "Controlling terminal as an encoded device number, 0 for none.",
        fmt="id",
        needs="session",
        missing_when=_UNKNOWN,
    ),
)

_IDS = (
    Field("proc.pid", T.INT64, "Process id.", fmt="id", cost=1),
    Field("proc.vpid", T.INT64, "Process id in its own pid namespace.", fmt="id", cost=1),
    Field("proc.ppid", T.INT64, "Process id of the parent.", fmt="id", missing_when=_UNKNOWN),
    Field("proc.pgid", T.INT64, "Process group.", fmt="id", needs="session", missing_when=_UNKNOWN),
    Field(
        "proc.vpgid",
        T.INT64,
        "Process group in its own pid namespace.",
        fmt="id",
        needs="session",
        missing_when=_UNKNOWN,
    ),
    Field("proc.sid", T.INT64, "Session in its own pid namespace.", fmt="id", needs="session", missing_when=_UNKNOWN),
    Field(
        "proc.is_sid_leader",
        T.BOOL,
        "The process leads its session.",
        needs="session",
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.is_vpgid_leader",
        T.BOOL,
        "The process leads its group, by the numbers of its own pid namespace.",
        needs="session",
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.is_pgid_leader",
        T.BOOL,
        "The process leads its group.",
        needs="session",
        missing_when=_UNKNOWN,
    ),
)

_TIMES = (
    Field("proc.duration", T.RELTIME, "Nanoseconds since the process started.", missing_when=_UNKNOWN),
    Field(
        "proc.pid.ts",
        T.RELTIME,
        "Start of the process, nanoseconds since 1970.",
        missing_when=_NO_START,
    ),
    Field(
        "proc.ppid.duration",
        T.RELTIME,
        "Nanoseconds since the parent started.",
        cost=3,
        missing_when="the parent or its start is not known",
        module="proc_lineage",
    ),
    Field(
        "proc.ppid.ts",
        T.RELTIME,
        "Start of the parent, nanoseconds since 1970.",
        cost=3,
        missing_when="the parent or its start is not known",
        module="proc_lineage",
    ),
    Field(
        "proc.pidns_init_start_ts",
        T.UINT64,
        "Start of the first process of the pid namespace, nanoseconds since 1970.",
        missing_when="that start is not known",
    ),
)

_EXECUTABLE = (
    Field("proc.exe_ino", T.INT64, "Inode of the executable.", missing_when=_UNKNOWN),
    *(
        Field(
            f"proc.exe_ino.{name}",
            T.ABSTIME,
            doc,
            missing_when=missing,
        )
        for name, doc, missing in (
            ("ctime", "Last change of the executable's inode, nanoseconds since 1970.", "it is not known"),
            ("mtime", "Last change of the executable's contents, nanoseconds since 1970.", "it is not known"),
            (
                "ctime_duration_proc_start",
                "Nanoseconds from the last change of the executable's inode to the start of the process.",
                "one of the two is not known, or the file changed since the process started (in captures it wraps)",
            ),
            (
                "ctime_duration_pidns_start",
                "Nanoseconds from the start of the pid namespace to a later change of the executable's inode.",
                "the executable is older than the namespace, or one of the two is not known",
            ),
        )
    ),
    Field("proc.is_exe_writable", T.BOOL, "The user of the process may write its executable.", missing_when=_UNKNOWN),
    Field(
        "proc.is_exe_upper_layer",
        T.BOOL,
        "The executable lies in the upper layer of an overlay.",
        missing_when=_UNKNOWN,
    ),
    Field(
        "proc.is_exe_lower_layer",
        T.BOOL,
        "The executable lies in the lower layer of an overlay.",
        missing_when=_UNKNOWN,
    ),
    Field("proc.is_exe_from_memfd", T.BOOL, "The executable is an anonymous file in memory.", missing_when=_UNKNOWN),
)

_RESOURCES = (
    Field("proc.nthreads", T.UINT64, "Running threads.", needs="task", missing_when=_NO_COUNT, module="proc_usage"),
    Field(
        "proc.nchilds",
        T.UINT64,
        "Running threads, the first not counted.",
        needs="task",
        missing_when=_NO_COUNT,
        module="proc_usage",
    ),
    Field(
        "proc.fdopencount",
        T.UINT64,
        "Number of open descriptors.",
        needs="task",
        missing_when=f"{_NO_COUNT}, or there are more than 65536",
        module="proc_usage",
    ),
    Field(
        "proc.fdlimit",
        T.INT64,
        "Number of descriptors that the process may have open.",
        needs="task",
        missing_when=_UNKNOWN,
        module="proc_usage",
    ),
    Field(
        "proc.fdusage",
        T.DOUBLE,
        "Open descriptors in percent of the limit of the process.",
        needs="task",
        missing_when=f"{_NO_COUNT}, or there are more than 65536",
        module="proc_usage",
    ),
    Field("proc.vmsize", T.UINT64, "Virtual memory, KiB.", needs="task", missing_when=_NO_MEMORY, module="proc_usage"),
    Field("proc.vmrss", T.UINT64, "Memory in use, KiB.", needs="task", missing_when=_NO_MEMORY, module="proc_usage"),
    Field(
        "proc.vmswap",
        T.UINT64,
        "Memory that is swapped out, KiB.",
        needs="task",
        missing_when=_NO_MEMORY,
        module="proc_usage",
    ),
    *(
        Field(
            f"proc.{stream}.{what}",
            T.CHARBUF,
            f"{word} of descriptor {number}.",
            needs="stdio",
            cost=4,
            missing_when="it is closed or not known, or the event is not the end of a system call",
            module="proc_usage",
        )
        for what, word in (("type", "Kind"), ("name", "Name"))
        for number, stream in enumerate(("stdin", "stdout", "stderr"))
    ),
)

FIELDS = (*_PROGRAM, *_IDS, *_TIMES, *_EXECUTABLE, *_RESOURCES)
