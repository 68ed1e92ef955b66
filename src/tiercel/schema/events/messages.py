# SPDX-License-Identifier: Apache-2.0
"""Socket messages, and socket options and addresses."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

SEND = Event(
    "send",
    code=29,
    doc="Bytes were sent through a connected socket.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes sent, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "requested bytes"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
    ),
    syscalls=(Syscall("send", x86_64=None, socketcall=9),),
    flags=frozenset({"uses_fd", "writes"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=2,
    file=True,
)

SENDMSG = Event(
    "sendmsg",
    code=49,
    doc="A message was sent.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes sent, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
    ),
    syscalls=(Syscall("sendmsg", x86_64=46, ia32=370, socketcall=16),),
    flags=frozenset({"modifies_state", "uses_fd", "writes"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=2,
    file=True,
)

SENDMMSG = Event(
    "sendmmsg",
    code=51,
    doc="Several messages were sent with one call; each has its event.",
    category="io_write",
    params=(
        Param("res", T.ERRNO, "bytes sent, or -errno"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
    ),
    syscalls=(Syscall("sendmmsg", x86_64=307, ia32=345, socketcall=20),),
    flags=frozenset({"modifies_state", "uses_fd", "writes"}),
    traits=frozenset({"other_result"}),
    fd_param=1,
    file=True,
)

RECV = Event(
    "recv",
    code=33,
    doc="Bytes were received from a connected socket.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes received, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "requested bytes"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
    ),
    syscalls=(Syscall("recv", x86_64=None, socketcall=10),),
    flags=frozenset({"reads", "uses_fd"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=2,
    file=True,
)

RECVFROM = Event(
    "recvfrom",
    code=35,
    doc="Bytes and the address of their sender were received.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes received, or -errno"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "requested bytes"),
    ),
    syscalls=(Syscall("recvfrom", x86_64=45, ia32=371, socketcall=12),),
    flags=frozenset({"modifies_state", "reads", "uses_fd"}),
    traits=frozenset({"high_rate"}),
    fd_param=3,
    file=True,
)

RECVMSG = Event(
    "recvmsg",
    code=53,
    doc="A message was received.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes received, or -errno"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
        Param("msgcontrol", T.BYTEBUF, "control data that came with the message"),
        Param("fd", T.FD, "socket"),
    ),
    syscalls=(Syscall("recvmsg", x86_64=47, ia32=372, socketcall=17),),
    flags=frozenset({"modifies_state", "reads", "uses_fd"}),
    traits=frozenset({"high_rate", "uring"}),
    fd_param=5,
    file=True,
)

RECVMMSG = Event(
    "recvmmsg",
    code=55,
    doc="Several messages were received with one call; each has its event.",
    category="io_read",
    params=(
        Param("res", T.ERRNO, "bytes received, or -errno"),
        Param("fd", T.FD, "socket"),
        Param("size", T.UINT32, "bytes that all buffers hold"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
        Param("tuple", T.SOCKTUPLE, "both ends of the connection"),
        Param("msgcontrol", T.BYTEBUF, "control data that came with the message"),
    ),
    syscalls=(
        Syscall("recvmmsg", x86_64=299, ia32=337, socketcall=19),
        Syscall("recvmmsg_time64", x86_64=None, ia32=417),
    ),
    flags=frozenset({"modifies_state", "reads", "uses_fd"}),
    traits=frozenset({"other_result"}),
    fd_param=1,
    file=True,
)

SHUTDOWN = Event(
    "shutdown",
    code=37,
    doc="One or both directions of a connection were closed.",
    category="net",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "socket"),
        Param("how", T.ENUMFLAGS8, "which directions", fmt="hex", flags="shutdown_how"),
    ),
    syscalls=(Syscall("shutdown", x86_64=48, ia32=373, socketcall=13),),
    flags=frozenset({"modifies_state", "uses_fd"}),
    traits=frozenset({"uring"}),
    fd_param=1,
    file=True,
)

GETSOCKNAME = Event(
    "getsockname",
    code=39,
    doc="A process read the local address of a socket.",
    category="net",
    params=(),
    syscalls=(Syscall("getsockname", x86_64=51, ia32=367, socketcall=6),),
)

GETPEERNAME = Event(
    "getpeername",
    code=41,
    doc="A process read the remote address of a socket.",
    category="net",
    params=(),
    syscalls=(Syscall("getpeername", x86_64=52, ia32=368, socketcall=7),),
)

SOCKETPAIR = Event(
    "socketpair",
    code=43,
    doc="Two sockets that are connected to each other were made.",
    category="ipc",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd1", T.FD, "first descriptor"),
        Param("fd2", T.FD, "second descriptor"),
        Param("source", T.UINT64, "kernel address of the first socket", fmt="hex"),
        Param("peer", T.UINT64, "kernel address of the second socket", fmt="hex"),
        Param("domain", T.ENUMFLAGS32, "address family", flags="socket_families"),
        Param("type", T.UINT32, "socket type"),
        Param("proto", T.UINT32, "protocol number"),
    ),
    syscalls=(Syscall("socketpair", x86_64=53, ia32=360, socketcall=8),),
    flags=frozenset({"creates_fd", "modifies_state"}),
    fd_param=1,
    file=True,
)

SETSOCKOPT = Event(
    "setsockopt",
    code=45,
    doc="An option of a socket was set.",
    category="net",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "socket"),
        Param("level", T.ENUMFLAGS8, "protocol level of the option", flags="sockopt_levels"),
        Param("optname", T.ENUMFLAGS8, "option, where it is one of the socket level", flags="sockopt_options"),
        Param("val", T.DYN, "value of the option", variants="sockopt_dynamic_param"),
        Param("optlen", T.UINT32, "bytes of the value"),
    ),
    syscalls=(Syscall("setsockopt", x86_64=54, ia32=366, socketcall=14),),
    flags=frozenset({"uses_fd"}),
    fd_param=1,
    file=True,
)

GETSOCKOPT = Event(
    "getsockopt",
    code=47,
    doc="An option of a socket was read.",
    category="net",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "socket"),
        Param("level", T.ENUMFLAGS8, "protocol level of the option", flags="sockopt_levels"),
        Param("optname", T.ENUMFLAGS8, "option, where it is one of the socket level", flags="sockopt_options"),
        Param("val", T.DYN, "value of the option", variants="sockopt_dynamic_param"),
        Param("optlen", T.UINT32, "bytes of the value"),
    ),
    syscalls=(Syscall("getsockopt", x86_64=55, ia32=365, socketcall=15),),
    flags=frozenset({"modifies_state", "uses_fd"}),
    fd_param=1,
    file=True,
)

EVENTS = (
    SEND,
    SENDMSG,
    SENDMMSG,
    RECV,
    RECVFROM,
    RECVMSG,
    RECVMMSG,
    SHUTDOWN,
    GETSOCKNAME,
    GETPEERNAME,
    SOCKETPAIR,
    SETSOCKOPT,
    GETSOCKOPT,
)
