# SPDX-License-Identifier: Apache-2.0
"""``thread.*``: the thread of the event."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_UNKNOWN = "the process is not known"
_NO_CPU = "no event reports the use of processors"
_NO_MEMORY = "the process is not known, or is part of the kernel"

FIELDS = (
    Field("thread.tid", T.INT64, "Thread id.", fmt="id", cost=1),
    Field("thread.vtid", T.INT64, "Thread id in its own pid namespace.", fmt="id", cost=1),
    Field(
        "thread.ismain",
        T.BOOL,
        "It is the first thread of its process.",
        cost=1,
    ),
    Field(
        "thread.nametid",
        T.CHARBUF,
        "Name of the process followed by the thread id.",
        hidden=True,
        missing_when=_UNKNOWN,
    ),
    *(
        Field(
            f"thread.cap_{name}",
            T.CHARBUF,
            f"{what} capabilities, `CAP_CHOWN CAP_KILL`.",
            cost=4,
            needs="task",
            missing_when=_UNKNOWN,
        )
        for name, what in (("permitted", "Permitted"), ("inheritable", "Inheritable"), ("effective", "Effective"))
    ),
    Field(
        "thread.cgroups",
        T.CHARBUF,
        "Control groups, `subsystem=path` separated by blanks.",
        cost=4,
        needs="cgroups",
        missing_when="none is known",
    ),
    Field(
        "thread.cgroup",
        T.CHARBUF,
        "Control group of one subsystem: `thread.cgroup.cpu`.",
        arg="dotted",
        cost=4,
        needs="cgroups",
        missing_when="the subsystem has none",
    ),
    Field("thread.pfmajor", T.UINT64, "Major page faults.", needs="task", missing_when=_UNKNOWN),
    Field("thread.pfminor", T.UINT64, "Minor page faults.", needs="task", missing_when=_UNKNOWN),
    Field(
        "thread.vmsize",
        T.UINT64,
        "Virtual memory, KiB; 0 for threads beside the first.",
        needs="task",
        missing_when=_NO_MEMORY,
    ),
    Field(
        "thread.vmrss",
        T.UINT64,
        "Memory in use, KiB; 0 for threads beside the first.",
        needs="task",
        missing_when=_NO_MEMORY,
    ),
    Field(
        "thread.vmsize.b",
        T.UINT64,
        "Virtual memory, bytes.",
        hidden=True,
        needs="task",
        missing_when=_NO_MEMORY,
    ),
    Field(
        "thread.vmrss.b",
        T.UINT64,
        "Memory in use, bytes.",
        hidden=True,
        needs="task",
        missing_when=_NO_MEMORY,
    ),
    Field("thread.exectime", T.RELTIME, "Nanoseconds on the processor until a switch, 0 for all other events.", cost=1),
    Field(
        "thread.totexectime",
        T.RELTIME,
        "Sum of `thread.exectime` over the events of the thread.",
        missing_when=_UNKNOWN,
    ),
    *(
        Field(f"thread.cpu{name}", T.DOUBLE, doc, pending=_NO_CPU, missing_when="the event does not contain it")
        for name, doc in (
            ("", "Use of a processor in percent."),
            (".user", "Use of a processor by the program itself in percent."),
            (".system", "Use of a processor by the kernel for the program in percent."),
        )
    ),
)
