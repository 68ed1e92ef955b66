# SPDX-License-Identifier: Apache-2.0
"""Events that update the process table; no rule sees them."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, T

PROC_FORK = Event(
    "proc_fork",
    code=1000,
    doc="A process or thread came into being; the header describes its parent.",
    category="internal",
    params=(
        Param("child_tid", T.PID, "new thread"),
        Param("child_tgid", T.PID, "its process; the parent's when only a thread was made"),
        Param("child_start_ns", T.UINT64, "start of the new process's first thread, ns since boot"),
        Param("child_vtid", T.PID, "new thread in its own pid namespace"),
        Param("child_vpid", T.PID, "its process in its own pid namespace"),
        Param("flags", T.FLAGS32, "clone flags in canonical form, 0 where unknown", fmt="hex", flags="clone_flags"),
        Param("pid_ns", T.UINT32, "inode of the new process's pid namespace"),
        Param("pidns_start_ns", T.UINT64, "start of that namespace's first process, ns since boot"),
        Param("child_cgroup_id", T.UINT64, "key of the new process's control groups, as in the header"),
    ),
    lifecycle=True,
    internal=True,
)

PROC_SEED = Event(
    "proc_seed",
    code=1001,
    doc="A process that ran before the sensor started; the header describes it.",
    category="internal",
    params=(
        Param("ppid", T.PID, "parent's process"),
        Param("pstart_ns", T.UINT64, "start of the parent process, ns since boot"),
        Param("sid", T.PID, "session in its own pid namespace"),
        Param("tty", T.UINT32, "controlling terminal as an encoded device number, 0 for none"),
        Param("pgid", T.PID, "process group"),
        Param("vpgid", T.PID, "process group in its own pid namespace"),
        Param("pidns_start_ns", T.UINT64, "start of the pid namespace's first process, ns since boot"),
        Param("fdlimit", T.UINT64, "soft limit of open descriptors"),
        Param("pgft_maj", T.UINT64, "major page faults of the first thread"),
        Param("pgft_min", T.UINT64, "minor page faults of the first thread"),
        Param("vm_size", T.UINT64, "virtual memory, KiB"),
        Param("vm_rss", T.UINT64, "resident memory, KiB"),
        Param("vm_swap", T.UINT64, "swapped memory, KiB"),
        Param("cap_inheritable", T.UINT64, "inheritable capabilities", fmt="hex"),
        Param("cap_permitted", T.UINT64, "permitted capabilities", fmt="hex"),
        Param("cap_effective", T.UINT64, "effective capabilities", fmt="hex"),
        Param("cgroups", T.BYTEBUF, "control groups as subsystem=path, NUL between them"),
    ),
    lifecycle=True,
    internal=True,
)

CGROUP_NEW = Event(
    "cgroup_new",
    code=1002,
    doc="A control group was made; the header describes its maker.",
    category="internal",
    params=(
        Param("id", T.UINT64, "inode number of its directory: of version 2, where that is in use"),
        Param("is_key", T.BOOL, "the id is the key of the processes in the group, as in the header"),
        Param("path", T.CHARBUF, "its path below the root of the hierarchy"),
    ),
    lifecycle=True,
    internal=True,
)

CGROUP_GONE = Event(
    "cgroup_gone",
    code=1003,
    doc="A control group was removed; the header describes who did it.",
    category="internal",
    params=(Param("id", T.UINT64, "inode number of its directory, as in cgroup_new"),),
    lifecycle=True,
    internal=True,
)

CGROUP_MOVE = Event(
    "cgroup_move",
    code=1004,
    doc="A process was moved to another control group; the header describes the process.",
    category="internal",
    params=(Param("cgroups", T.BYTEBUF, "control groups as subsystem=path, NUL between them"),),
    lifecycle=True,
    internal=True,
)

EVENTS = (
    CGROUP_GONE,
    CGROUP_MOVE,
    CGROUP_NEW,
    PROC_FORK,
    PROC_SEED,
)
