# SPDX-License-Identifier: Apache-2.0
"""``fd.*`` and ``fs.*``: the file descriptor that the event works on, and the paths of file system calls."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NO_FD = "the event does not work on a file descriptor"
_NO_SOCKET = "the descriptor is not an IP socket, or its role is not known"
_NO_CONNECTION = "the descriptor is not an IP connection, or its role is not known"

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
    Field("fd.name_requested", T.CHARBUF, "`fd.name` as the program asked for it.", cost=4, missing_when=_NO_FD),
    Field("fd.name_resolved", T.CHARBUF, "`fd.name` as the kernel resolved it.", cost=4, missing_when=_NO_FD),
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
        "fd.type",
        T.CHARBUF,
        "Kind of the descriptor: file, directory, ipv4, ipv6, unix, pipe, event and others.",
        missing_when=_NO_FD,
    ),
    Field("fd.typechar", T.CHARBUF, "Kind of the descriptor in one character.", missing_when=_NO_FD),
    Field(
        "fd.l4proto", T.CHARBUF, "Transport: tcp, udp, icmp or raw; `<NA>` where there is none.", missing_when=_NO_FD
    ),
    Field(
        "fd.ip",
        T.IPADDR,
        "Client or server address: true as soon as one fits; `!=` must hold for both.",
        multi="either",
        filter_only=True,
        cost=3,
        missing_when=_NO_SOCKET,
    ),
    Field("fd.cip", T.IPADDR, "Client address.", missing_when=_NO_SOCKET),
    Field("fd.sip", T.IPADDR, "Server address; also of a listening socket.", missing_when=_NO_SOCKET),
    Field("fd.lip", T.IPADDR, "Address of this machine's end.", missing_when=_NO_CONNECTION),
    Field("fd.rip", T.IPADDR, "Address of the other end.", missing_when=_NO_CONNECTION),
    Field(
        "fd.port",
        T.PORT,
        "Client or server port: true as soon as one fits; `!=` must hold for both.",
        multi="either",
        filter_only=True,
        cost=3,
        missing_when=_NO_SOCKET,
    ),
    Field("fd.cport", T.PORT, "Client port.", missing_when=_NO_CONNECTION),
    Field("fd.sport", T.PORT, "Server port; also of a listening socket.", missing_when=_NO_SOCKET),
    Field("fd.lport", T.PORT, "Port of this machine's end.", missing_when=_NO_CONNECTION),
    Field("fd.rport", T.PORT, "Port of the other end.", missing_when=_NO_CONNECTION),
    Field(
        "fd.net",
        T.IPNET,
        "Client or server address lies in the network: true as soon as one does; `!=` must hold for both.",
        multi="either",
        filter_only=True,
        cost=3,
        missing_when=_NO_SOCKET,
    ),
    Field(
        "fs.path.name",
        T.CHARBUF,
        "Path that a call on one path works on, made absolute.",
        path=True,
        cost=4,
        missing_when="the event has not exactly one path",
    ),
    Field(
        "fs.path.source",
        T.CHARBUF,
        "Existing path of a call on two paths, made absolute.",
        path=True,
        cost=4,
        missing_when="the event has not two paths",
    ),
    Field(
        "fs.path.target",
        T.CHARBUF,
        "New path of a call on two paths, made absolute.",
        path=True,
        cost=4,
        missing_when="the event has not two paths",
    ),
)
