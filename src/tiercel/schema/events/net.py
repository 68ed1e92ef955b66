# SPDX-License-Identifier: Apache-2.0
"""Sockets."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

SOCKET = Event(
    "socket",
    code=19,
    doc="A socket was created.",
    category="net",
    params=(
        Param("fd", T.FD, "new file descriptor, or -errno"),
        Param("domain", T.ENUMFLAGS32, "address family", flags="socket_families"),
        Param("type", T.UINT32, "socket type with its flag bits, as passed"),
        Param("proto", T.UINT32, "protocol number"),
        Param("flags", T.FLAGS32, "close-on-exec and non-blocking, in canonical form", fmt="hex", flags="file_flags"),
    ),
    syscalls=(Syscall("socket", x86_64=41, ia32=359, socketcall=1),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"uring"}),
    fd_param=0,
    file=True,
)

BIND = Event(
    "bind",
    code=21,
    doc="A socket was given a local address.",
    category="net",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("addr", T.SOCKADDR, "address as passed"),
        Param("fd", T.FD, "socket"),
    ),
    syscalls=(Syscall("bind", x86_64=49, ia32=361, socketcall=2),),
    flags=frozenset({"modifies_state", "uses_fd"}),
    traits=frozenset({"uring"}),
    fd_param=2,
    file=True,
)

CONNECT = Event(
    "connect",
    code=23,
    doc="A socket was connected to an address, or failed to.",
    category="net",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
        Param("fd", T.FD, "socket"),
        Param("addr", T.SOCKADDR, "address as passed"),
    ),
    syscalls=(Syscall("connect", x86_64=42, ia32=362, socketcall=3),),
    flags=frozenset({"modifies_state", "uses_fd"}),
    traits=frozenset({"uring"}),
    fd_param=2,
    file=True,
)

LISTEN = Event(
    "listen",
    code=25,
    doc="A socket was made to listen.",
    category="net",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "socket"),
        Param("backlog", T.INT32, "requested capacity of the accept queue"),
    ),
    syscalls=(Syscall("listen", x86_64=50, ia32=363, socketcall=4),),
    flags=frozenset({"uses_fd"}),
    traits=frozenset({"uring"}),
    fd_param=1,
    file=True,
)

ACCEPT = Event(
    "accept",
    code=247,
    doc="A connection was accepted from a listening socket.",
    category="net",
    params=(
        Param("fd", T.FD, "descriptor of the new connection, or -errno"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
        Param("queuepct", T.UINT8, "fill level of the accept queue, percent"),
        Param("queuelen", T.UINT32, "connections waiting in the accept queue"),
        Param("queuemax", T.UINT32, "capacity of the accept queue"),
    ),
    syscalls=(Syscall("accept", x86_64=43, socketcall=5),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"uring"}),
    fd_param=0,
    file=True,
)

ACCEPT4 = Event(
    "accept4",
    code=389,
    doc="A connection was accepted from a listening socket, with flags.",
    category="net",
    params=(
        Param("fd", T.FD, "descriptor of the new connection, or -errno"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
        Param("queuepct", T.UINT8, "fill level of the accept queue, percent"),
        Param("queuelen", T.UINT32, "connections waiting in the accept queue"),
        Param("queuemax", T.UINT32, "capacity of the accept queue"),
        Param("flags", T.INT32, "close-on-exec and non-blocking, in canonical form", fmt="hex"),
    ),
    syscalls=(Syscall("accept4", x86_64=288, ia32=364, socketcall=18),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    traits=frozenset({"uring"}),
    fd_param=0,
    file=True,
)

SENDTO = Event(
    "sendto",
    code=31,
    doc="Data was sent on a socket, possibly to an address.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes sent, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the payload"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "bytes to send"),
        Param("tuple", T.SOCKTUPLE, "local end and destination"),
    ),
    syscalls=(Syscall("sendto", x86_64=44, ia32=369, socketcall=11),),
    flags=frozenset({"modifies_state", "uses_fd", "writes"}),
    traits=frozenset({"high_rate"}),
    fd_param=2,
    file=True,
)

EVENTS = (
    SOCKET,
    BIND,
    CONNECT,
    LISTEN,
    ACCEPT,
    ACCEPT4,
    SENDTO,
)
