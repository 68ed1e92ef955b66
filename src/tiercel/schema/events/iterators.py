# SPDX-License-Identifier: Apache-2.0
"""Processes and their descriptors from a kernel iterator at the start of a capture."""

from __future__ import annotations

from tiercel.schema.types import CAPTURES_ONLY, Event, Param, T

TASK = Event(
    "task",
    code=430,
    doc="A process or thread that ran when the capture started.",
    category="process",
    params=(
        Param("ppid", T.PID32, "parent"),
        Param("pgid", T.PID32, "process group"),
        Param("vpgid", T.PID32, "process group in its own pid namespace"),
        Param("sid", T.PID32, "session"),
        Param("comm", T.CHARBUF, "name of the thread"),
        Param("argv", T.CHARBUFARRAY, "arguments, NUL between them"),
        Param("exepath", T.FSPATH, "executable"),
        Param("flags", T.FLAGS32, "flags of the executable file", fmt="hex", flags="execve_flags"),
        Param("env", T.CHARBUFARRAY, "environment as NAME=value, NUL between them"),
        Param("cwd", T.CHARBUF, "current directory"),
        Param("fdlimit", T.UINT64, "soft limit of open descriptors"),
        Param("euid", T.UID, "effective user"),
        Param("egid", T.GID, "effective group"),
        Param("cap_permitted", T.UINT64, "permitted capabilities", fmt="hex"),
        Param("cap_effective", T.UINT64, "effective capabilities", fmt="hex"),
        Param("cap_inheritable", T.UINT64, "inheritable capabilities", fmt="hex"),
        Param("exe_ino_num", T.UINT64, "inode of the executable"),
        Param("exe_ino_ctime", T.ABSTIME, "last change of that inode, ns since 1970"),
        Param("exe_ino_mtime", T.ABSTIME, "last modification of that inode, ns since 1970"),
        Param("vm_size", T.UINT32, "virtual memory, KiB"),
        Param("vm_rss", T.UINT32, "resident memory, KiB"),
        Param("vm_swap", T.UINT32, "swapped memory, KiB"),
        Param("pgft_maj", T.UINT64, "major page faults so far"),
        Param("pgft_min", T.UINT64, "minor page faults so far"),
        Param("vtgid", T.PID32, "process in its own pid namespace"),
        Param("vpid", T.PID32, "thread in its own pid namespace"),
        Param("pidns_init_start_ts", T.UINT64, "start of the pid namespace's init"),
        Param("cgroups", T.CHARBUFARRAY, "control groups as subsystem=path, NUL between them"),
        Param("root", T.FSPATH, "root directory"),
        Param("start_time", T.ABSTIME, "start of the process"),
        Param("tty", T.UINT32, "controlling terminal as an encoded device number, 0 for none"),
        Param("loginuid", T.UID, "audit login user, 4294967295 when unset"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_PIPE = Event(
    "task_file_pipe",
    code=432,
    doc="A pipe that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("path", T.FSPATH, "what it is called"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_MEMFD = Event(
    "task_file_memfd",
    code=434,
    doc="An anonymous file in memory that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("path", T.FSPATH, "what it is called"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_REGULAR = Event(
    "task_file_regular",
    code=436,
    doc="A file that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("path", T.FSPATH, "what it is called"),
        Param("flags", T.FLAGS32, "open flags in canonical form", fmt="hex", flags="file_flags"),
        Param("mnt_id", T.UINT32, "mount"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_DIRECTORY = Event(
    "task_file_directory",
    code=438,
    doc="A directory that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("path", T.FSPATH, "what it is called"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_SOCKET_INET = Event(
    "task_file_socket_inet",
    code=440,
    doc="An IPv4 socket that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("sk_type", T.UINT16, "socket type"),
        Param("sk_proto", T.UINT16, "protocol number"),
        Param("local_ip", T.IPV4ADDR, "local address", fmt="hex"),
        Param("local_port", T.PORT, "local port", fmt="hex"),
        Param("remote_ip", T.IPV4ADDR, "remote address", fmt="hex"),
        Param("remote_port", T.PORT, "remote port", fmt="hex"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_SOCKET_INET6 = Event(
    "task_file_socket_inet6",
    code=442,
    doc="An IPv6 socket that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("sk_type", T.UINT16, "socket type"),
        Param("sk_proto", T.UINT16, "protocol number"),
        Param("local_ip", T.IPV6ADDR, "local address", fmt="hex"),
        Param("local_port", T.PORT, "local port", fmt="hex"),
        Param("remote_ip", T.IPV6ADDR, "remote address", fmt="hex"),
        Param("remote_port", T.PORT, "remote port", fmt="hex"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_SOCKET_UNIX = Event(
    "task_file_socket_unix",
    code=444,
    doc="A unix socket that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("sk_type", T.UINT16, "socket type"),
        Param("sk_proto", T.UINT16, "protocol number"),
        Param("sk_pointer", T.UINT64, "kernel address of the socket"),
        Param("sun_path", T.FSPATH, "path of the socket"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_SOCKET_NETLINK = Event(
    "task_file_socket_netlink",
    code=446,
    doc="A netlink socket that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("sk_type", T.UINT16, "socket type"),
        Param("sk_proto", T.UINT16, "protocol number"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

TASK_FILE_ANON_INODE = Event(
    "task_file_anon_inode",
    code=448,
    doc="Another kernel object that a process had open.",
    category="file",
    params=(
        Param("fd", T.FD32, "descriptor"),
        Param("fd_type", T.FLAGS8, "kind of object", flags="anon_inode_fd_types"),
        Param("path", T.FSPATH, "what it is called"),
        Param("ino_num", T.UINT64, "inode"),
    ),
    direction=">",
    origin="iter",
    flags=frozenset({"modifies_state"}),
    pending=CAPTURES_ONLY,
)

EVENTS = (
    TASK,
    TASK_FILE_PIPE,
    TASK_FILE_MEMFD,
    TASK_FILE_REGULAR,
    TASK_FILE_DIRECTORY,
    TASK_FILE_SOCKET_INET,
    TASK_FILE_SOCKET_INET6,
    TASK_FILE_SOCKET_UNIX,
    TASK_FILE_SOCKET_NETLINK,
    TASK_FILE_ANON_INODE,
)
