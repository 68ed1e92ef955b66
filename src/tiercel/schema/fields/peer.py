# SPDX-License-Identifier: Apache-2.0
"""``fd.*`` of sockets: transport, ends, addresses and ports."""

from __future__ import annotations

from tiercel.schema.types import Field, T

_NO_FD = "the event does not work on a file descriptor"
_NO_SOCKET = "the descriptor is not an IP socket, or its role is not known"
_NO_CONNECTION = "the descriptor is not an IP connection, or its role is not known"

_TRANSPORT = (
    Field(
        "fd.l4proto", T.CHARBUF, "Transport: tcp, udp, icmp or raw; `<NA>` without a transport.", missing_when=_NO_FD
    ),
    Field(
        "fd.sockfamily",
        T.CHARBUF,
        "`ip` or `unix`.",
        missing_when="the descriptor is not a socket of these",
    ),
    Field(
        "fd.is_server",
        T.BOOL,
        "This machine has the server's end: the socket listens, or the connection came in or stays on the machine.",
        missing_when=_NO_FD,
    ),
    Field(
        "fd.connected",
        T.BOOL,
        "The socket is connected.",
        missing_when=_NO_FD,
    ),
)

_ADDRESSES = (
    Field(
        "fd.ip",
        T.IPADDR,
        "Client or server address: true as soon as one fits; `!=` must hold for both.",
        multi="either",
        filter_only=True,
        no_rhs=True,
        no_transformer=True,
        cost=3,
        missing_when=_NO_SOCKET,
        module="fd_addr",
    ),
    Field("fd.cip", T.IPADDR, "Client address.", missing_when=_NO_SOCKET, module="fd_addr"),
    Field("fd.sip", T.IPADDR, "Server address; also of a listening socket.", missing_when=_NO_SOCKET, module="fd_addr"),
    Field("fd.lip", T.IPADDR, "Address of this machine's end.", missing_when=_NO_CONNECTION, module="fd_addr"),
    Field("fd.rip", T.IPADDR, "Address of the other end.", missing_when=_NO_CONNECTION, module="fd_addr"),
    *(
        Field(
            f"fd.{name}.name",
            T.CHARBUF,
            f"Name in a rule that resolves by DNS to the {of} address; the lookup runs in the background.",
            multi="either",
            no_rhs=True,
            no_transformer=True,
            cost=5,
            missing_when="no name that rules compare with has this address",
            module="fd_addr",
        )
        for name, of in (("cip", "client"), ("sip", "server"), ("lip", "local"), ("rip", "remote"))
    ),
)

_PORTS = (
    *(
        Field(
            name,
            T.PORT,
            doc,
            multi="either",
            filter_only=True,
            no_rhs=True,
            no_transformer=True,
            cost=3,
            missing_when=_NO_SOCKET,
            module="fd_addr",
        )
        for name, doc in (
            ("fd.port", "Client or server port: true as soon as one fits; `!=` must hold for both."),
            ("fd.proto", "The same as `fd.port`."),
        )
    ),
    Field("fd.cport", T.PORT, "Client port.", missing_when=_NO_CONNECTION, module="fd_addr"),
    Field("fd.sport", T.PORT, "Server port; also of a listening socket.", missing_when=_NO_SOCKET, module="fd_addr"),
    Field("fd.lport", T.PORT, "Port of this machine's end.", missing_when=_NO_CONNECTION, module="fd_addr"),
    Field("fd.rport", T.PORT, "Port of the other end.", missing_when=_NO_CONNECTION, module="fd_addr"),
    *(
        Field(
            f"fd.{name}proto",
            T.CHARBUF,
            f"{of} port as text, without the name of a service{empty}.",
            cost=3,
            missing_when=missing,
            module="fd_addr",
        )
        for name, of, empty, missing in (
            ("c", "Client", "; empty for a listening socket", _NO_SOCKET),
            ("s", "Server", "; empty for a listening socket", _NO_SOCKET),
            ("l", "Local", "", _NO_CONNECTION),
            ("r", "Remote", "", _NO_CONNECTION),
        )
    ),
)

_NETWORKS = (
    Field(
        "fd.net",
        T.IPNET,
        "Client or server address lies in the network: true as soon as one does; `!=` must hold for both.",
        multi="either",
        filter_only=True,
        no_rhs=True,
        no_transformer=True,
        cost=3,
        missing_when=_NO_SOCKET,
        module="fd_addr",
    ),
    *(
        Field(
            f"fd.{name}net",
            T.IPNET,
            f"{of} address lies in the network.",
            filter_only=True,
            no_rhs=True,
            no_transformer=True,
            cost=3,
            missing_when=_NO_SOCKET if name == "s" else _NO_CONNECTION,
            module="fd_addr",
        )
        for name, of in (("c", "Client"), ("s", "Server"), ("l", "Local"), ("r", "Remote"))
    ),
)

FIELDS = (*_TRANSPORT, *_ADDRESSES, *_PORTS, *_NETWORKS)
