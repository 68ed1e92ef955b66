# SPDX-License-Identifier: Apache-2.0
"""Programs, processes and threads: start, duplication, end, namespaces, signals."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

# Common params of both forms of exec.
_EXEC_PARAMS = (
    Param("res", T.ERRNO, "0, or -errno"),
    Param("exe", T.CHARBUF, "argv[0] of the new program"),
    Param("args", T.BYTEBUF, "argv[1] and later of the new program, NUL between them"),
    Param("tid", T.PID, "thread that the record comes from"),
    Param("pid", T.PID, "process id of that thread"),
    Param("ptid", T.PID, "process id of the parent"),
    Param("cwd", T.CHARBUF, "always absent; the current directory is in the header"),
    Param("fdlimit", T.UINT64, "soft limit of open descriptors"),
    Param("pgft_maj", T.UINT64, "major page faults so far"),
    Param("pgft_min", T.UINT64, "minor page faults so far"),
    Param("vm_size", T.UINT32, "virtual memory, KiB"),
    Param("vm_rss", T.UINT32, "resident memory, KiB"),
    Param("vm_swap", T.UINT32, "swapped memory, KiB"),
    Param("comm", T.CHARBUF, "name of the thread"),
    Param("cgroups", T.BYTEBUF, "control groups as subsystem=path, NUL between them"),
    Param("env", T.BYTEBUF, "environment as NAME=value, NUL between them"),
    Param("tty", T.UINT32, "controlling terminal as an encoded device number, 0 for none"),
    Param("vpgid", T.PID, "process group in its own pid namespace"),
    Param("loginuid", T.UID, "audit login user, 4294967295 when unset"),
    Param("flags", T.FLAGS32, "flags of the executable file", fmt="hex", flags="execve_flags"),
    Param("cap_inheritable", T.UINT64, "inheritable capabilities", fmt="hex"),
    Param("cap_permitted", T.UINT64, "permitted capabilities", fmt="hex"),
    Param("cap_effective", T.UINT64, "effective capabilities", fmt="hex"),
    Param("exe_ino", T.UINT64, "inode of the executable"),
    Param("exe_ino_ctime", T.ABSTIME, "last change of that inode, ns since 1970"),
    Param("exe_ino_mtime", T.ABSTIME, "last modification of that inode, ns since 1970"),
    Param("uid", T.UID, "effective user"),
    Param("trusted_exepath", T.FSPATH, "executable as the kernel resolved it"),
    Param("pgid", T.PID, "process group"),
    Param("gid", T.GID, "effective group"),
)

# Params for lineage and long command lines, not visible to rules.
_EXEC_EXTRA = (
    Param("args_tail", T.BYTEBUF, "last bytes of an argument vector that is longer than args can hold"),
    Param("args_len", T.UINT64, "bytes of argv[1] and later, whether or not they fit"),
    Param("env_len", T.UINT64, "bytes of the environment, whether or not they fit"),
    Param("sid", T.PID, "session in its own pid namespace"),
    Param("pstart_ns", T.UINT64, "start of the parent process, ns since boot"),
    Param("pidns_start_ns", T.UINT64, "start of the pid namespace's first process, ns since boot"),
)

# All ways to make a process or thread.
_SPAWN_PARAMS = (
    Param("res", T.PID, "child's pid in the parent, 0 in the child, or -errno"),
    Param("exe", T.CHARBUF, "argv[0] of the calling program; absent when the call failed"),
    Param("args", T.BYTEBUF, "argv[1] and later of the calling program, NUL between them; absent when the call failed"),
    Param("tid", T.PID, "thread that the record comes from"),
    Param("pid", T.PID, "process id of that thread"),
    Param("ptid", T.PID, "process id of the parent"),
    Param("cwd", T.CHARBUF, "always absent; the current directory is in the header"),
    Param("fdlimit", T.INT64, "soft limit of open descriptors"),
    Param("pgft_maj", T.UINT64, "major page faults so far"),
    Param("pgft_min", T.UINT64, "minor page faults so far"),
    Param("vm_size", T.UINT32, "virtual memory, KiB"),
    Param("vm_rss", T.UINT32, "resident memory, KiB"),
    Param("vm_swap", T.UINT32, "swapped memory, KiB"),
    Param("comm", T.CHARBUF, "name of the thread"),
    Param("cgroups", T.BYTEBUF, "control groups as subsystem=path, NUL between them"),
    Param(
        "flags",
        T.FLAGS32,
        "clone flags, and the probe's flags for namespaces and threads",
        fmt="hex",
        flags="clone_flags",
    ),
    Param("uid", T.UINT32, "effective user"),
    Param("gid", T.UINT32, "effective group"),
    Param("vtid", T.PID, "thread id in its own pid namespace"),
    Param("vpid", T.PID, "process id in its own pid namespace"),
    Param("pidns_init_start_ts", T.UINT64, "start of the pid namespace's init, ns since boot"),
)

EXECVE = Event(
    "execve",
    code=293,
    doc="A process started another program, or failed to.",
    category="process",
    params=(
        *_EXEC_PARAMS,
        Param("filename", T.FSPATH, "path as passed to the call"),
    ),
    syscalls=(Syscall("execve", x86_64=59, ia32=11),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"keeps_state"}),
    lifecycle=True,
    extra=_EXEC_EXTRA,
)

EXECVEAT = Event(
    "execveat",
    code=331,
    doc="A process failed to start a program named relative to a directory; successes are reported as execve.",
    category="process",
    params=_EXEC_PARAMS,
    syscalls=(Syscall("execveat", x86_64=322, ia32=358),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"keeps_state"}),
    extra=_EXEC_EXTRA,
)

CLONE = Event(
    "clone",
    code=223,
    doc="A process or thread was created with clone; reported on both sides.",
    category="process",
    params=_SPAWN_PARAMS,
    syscalls=(Syscall("clone", x86_64=56, ia32=120),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"other_result"}),
)

CLONE3 = Event(
    "clone3",
    code=335,
    doc="A process or thread was created with clone3; reported on both sides.",
    category="process",
    params=_SPAWN_PARAMS,
    syscalls=(Syscall("clone3", x86_64=435, ia32=435),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"other_result"}),
)

FORK = Event(
    "fork",
    code=225,
    doc="A process was duplicated; reported on both sides.",
    category="process",
    params=_SPAWN_PARAMS,
    syscalls=(Syscall("fork", x86_64=57, ia32=2),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"other_result"}),
)

VFORK = Event(
    "vfork",
    code=227,
    doc="A process was duplicated while its parent waits; reported on both sides.",
    category="process",
    params=_SPAWN_PARAMS,
    syscalls=(Syscall("vfork", x86_64=58, ia32=190),),
    flags=frozenset({"modifies_state"}),
    traits=frozenset({"other_result"}),
)

PROCEXIT = Event(
    "procexit",
    code=186,
    doc="A thread ended.",
    category="process",
    params=(
        Param("status", T.ERRNO, "wait status as the parent gets it"),
        Param("ret", T.ERRNO, "exit status"),
        Param("sig", T.SIGTYPE, "signal that ended the process, 0 for none"),
        Param("core", T.UINT8, "1 if a core was dumped"),
        Param("reaper_tid", T.PID, "thread that inherits the children, 0 when there are none"),
    ),
    direction=">",
    origin="tracepoint",
    flags=frozenset({"modifies_state"}),
    lifecycle=True,
    extra=(Param("last", T.BOOL, "it was the last thread of its process"),),
)

SETNS = Event(
    "setns",
    code=241,
    doc="A thread joined a namespace.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "namespace file or pidfd"),
        Param(
            "nstype",
            T.FLAGS32,
            "kinds of namespace allowed, in canonical form; 0 for any",
            fmt="hex",
            flags="clone_flags",
        ),
    ),
    syscalls=(Syscall("setns", x86_64=308, ia32=346),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

UNSHARE = Event(
    "unshare",
    code=285,
    doc="A process stopped sharing namespaces or other state.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("flags", T.FLAGS32, "what to stop sharing, in canonical form", fmt="hex", flags="clone_flags"),
    ),
    syscalls=(Syscall("unshare", x86_64=272, ia32=310),),
)

PTRACE = Event(
    "ptrace",
    code=169,
    doc="A process was traced or traced another one.",
    category="process",
    params=(
        Param("res", T.ERRNO, "result of the request, or -errno"),
        Param("addr", T.DYN, "address argument", fmt="hex", variants="ptrace_dynamic_param"),
        Param(
            "data",
            T.DYN,
            "data argument: a number, or a signal for requests that continue the tracee",
            fmt="hex",
            variants="ptrace_dynamic_param",
        ),
        Param("request", T.ENUMFLAGS16, "request in canonical form", flags="ptrace_requests"),
        Param("pid", T.PID, "traced thread"),
    ),
    syscalls=(Syscall("ptrace", x86_64=101, ia32=26),),
)

KILL = Event(
    "kill",
    code=129,
    doc="A signal was sent to a process.",
    category="signal",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("pid", T.PID, "process, or minus a process group, to signal"),
        Param("sig", T.SIGTYPE, "signal, 0 to probe"),
    ),
    syscalls=(Syscall("kill", x86_64=62, ia32=37),),
)

PRCTL = Event(
    "prctl",
    code=401,
    doc="A property of the process was read or set.",
    category="process",
    params=(
        Param("res", T.ERRNO, "result of the option, or -errno"),
        Param("option", T.ENUMFLAGS32, "what to get or set", flags="prctl_options"),
        Param("arg2_str", T.CHARBUF, "second argument where the option takes text"),
        Param("arg2_int", T.INT64, "second argument as a number"),
    ),
    syscalls=(Syscall("prctl", x86_64=157, ia32=172),),
    flags=frozenset({"modifies_state"}),
)

EVENTS = (
    EXECVE,
    EXECVEAT,
    CLONE,
    CLONE3,
    FORK,
    VFORK,
    PROCEXIT,
    SETNS,
    UNSHARE,
    PTRACE,
    KILL,
    PRCTL,
)
