# SPDX-License-Identifier: Apache-2.0
"""Addresses and tuples of sockets of all families, as params and as the fields that rules use."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.calls import call
from support.expect import UnixTuple, client_of, sockaddr, socktuple
from support.native import sockaddr_in, sockaddr_in6, sockaddr_un
from support.recorder import Live, Recorded

STREAM, DGRAM = int(socket.SOCK_STREAM), int(socket.SOCK_DGRAM)


class Family(NamedTuple):
    """One way to name 127.0.0.1 or its like, and how events name it."""

    domain: int
    host: str
    kind: str  # fd.type
    shown: str  # in fields; params keep the address of the socket

    def pack(self, port: int) -> bytes:
        make = sockaddr_in if self.domain == socket.AF_INET else sockaddr_in6
        return make(self.host, port)


FAMILIES = {
    "IPv4": Family(socket.AF_INET, "127.0.0.1", "ipv4", "127.0.0.1"),
    "IPv6": Family(socket.AF_INET6, "::1", "ipv6", "::1"),
    "IPv4 mapped": Family(socket.AF_INET6, "::ffff:127.0.0.1", "ipv4", "127.0.0.1"),
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


@pytest.fixture
def server(family: Family) -> Iterator[socket.socket]:
    with socket.socket(family.domain) as listener:
        listener.bind((family.host, 0))
        listener.listen(4)
        yield listener


def ends(event: Recorded) -> dict[str, Any]:
    """The fields of both ends."""
    names = ("type", "l4proto", "cip", "cport", "sip", "sport", "lip", "lport", "rip", "rport")
    return {name: event.fields[f"fd.{name}"] for name in names}


def connection(
    family: Family, client: tuple[Any, ...], server: tuple[Any, ...], *, local: str, proto: str
) -> dict[str, Any]:
    """The expected ``ends`` of a connection; ``local`` says which end, ``c`` or ``s``, is the watched process."""
    ports = {"c": client[1], "s": server[1]}
    remote = "s" if local == "c" else "c"
    return {
        "type": family.kind,
        "l4proto": proto,
        "cip": family.shown,
        "cport": ports["c"],
        "sip": family.shown,
        "sport": ports["s"],
        "lip": family.shown,
        "lport": ports[local],
        "rip": family.shown,
        "rport": ports[remote],
    }


def test_connect(live: Live, family: Family, server: socket.socket) -> None:
    address = server.getsockname()
    target = family.pack(address[1])
    made = call("socket", family.domain, STREAM, 0)
    run = live.run(made, call("connect", made, target, len(target)))
    client = client_of(server)
    (event,) = run.events("connect")
    assert event.params == {
        "res": 0,
        "tuple": socktuple(client[:2], address[:2]),
        "fd": made.ret,
        "addr": sockaddr(family.host, address[1]),
    }
    assert ends(event) == connection(family, client, address, local="c", proto="tcp")
    assert event.fields["fd.name"] == f"{family.shown}:{client[1]}->{family.shown}:{address[1]}"


def test_connect_without_waiting(live: Live, family: Family, server: socket.socket) -> None:
    address = server.getsockname()
    target = family.pack(address[1])
    made = call("socket", family.domain, STREAM | socket.SOCK_NONBLOCK, 0)
    connects = call("connect", made, target, len(target))
    run = live.run(made, connects)
    (event,) = run.events("connect")
    assert connects.ret == -errno.EINPROGRESS
    own = event.fields["fd.lport"]
    assert event.params == {
        "res": -errno.EINPROGRESS,
        "tuple": socktuple((address[0], own), address[:2]),
        "fd": made.ret,
        "addr": sockaddr(family.host, address[1]),
    }


def test_connect_of_a_datagram_socket(live: Live, family: Family) -> None:
    with socket.socket(family.domain, DGRAM) as receiver:
        receiver.bind((family.host, 0))
        address = receiver.getsockname()
        target = family.pack(address[1])
        made = call("socket", family.domain, DGRAM, 0)
        run = live.run(
            made,
            call("connect", made, target, len(target)),
            call("sendto", made, "x", 1, 0, None, 0),
        )
        _, client = receiver.recvfrom(1)
    both = socktuple(client[:2], address[:2])
    (event,) = run.events("connect")
    assert event.params == {
        "res": 0,
        "tuple": both,
        "fd": made.ret,
        "addr": sockaddr(family.host, address[1]),
    }
    assert ends(event) == connection(family, client, address, local="c", proto="udp")
    (event,) = run.events("sendto")
    assert event.params == {"res": 1, "data": b"x", "fd": made.ret, "size": 1, "tuple": both}


def test_connect_is_refused(live: Live, family: Family) -> None:
    with socket.socket(family.domain) as idle:
        idle.bind((family.host, 0))
        port = idle.getsockname()[1]
        target = family.pack(port)
        made = call("socket", family.domain, STREAM, 0)
        run = live.run(made, call("connect", made, target, len(target)))
    (event,) = run.events("connect")
    assert event.params == {
        "res": -errno.ECONNREFUSED,
        "tuple": None,
        "fd": made.ret,
        "addr": sockaddr(family.host, port),
    }


@pytest.mark.parametrize("name", ["accept", "accept4"])
def test_accept(live: Live, family: Family, server: socket.socket, name: str) -> None:
    with socket.create_connection((family.host, server.getsockname()[1])) as client:
        run = live.run(made := call(name, server.fileno(), None, None, 0), pass_fds=[server.fileno()])
        source, address = client.getsockname(), server.getsockname()
    (event,) = run.events(name)
    assert event.params["fd"] == made.ret
    assert event.params["tuple"] == socktuple(source[:2], address[:2])
    assert ends(event) == connection(family, source, address, local="s", proto="tcp")


def test_bind_and_listen(live: Live, family: Family) -> None:
    with socket.socket(family.domain) as scout:
        scout.bind((family.host, 0))
        port = scout.getsockname()[1]
    address = family.pack(port)
    made = call("socket", family.domain, STREAM, 0)
    run = live.run(made, call("bind", made, address, len(address)), call("listen", made, 5))
    (bound,), (listening,) = run.events("bind"), run.events("listen")
    assert bound.params == {"res": 0, "addr": sockaddr(family.host, port), "fd": made.ret}
    assert listening.params == {"res": 0, "fd": made.ret, "backlog": 5}
    for event in (bound, listening):
        server = {"type": family.kind, "l4proto": "tcp", "sip": family.shown, "sport": port}
        others = dict.fromkeys(("cip", "cport", "lip", "lport", "rip", "rport"))
        assert ends(event) == server | others
    # A name given by bind is the text of its address; one that is only known from the socket is that of its ends.
    assert bound.fields["fd.name"] == f"{family.host}:{port}"
    assert listening.fields["fd.name"] == f"{family.shown}:{port}"


def test_bind_to_any_port(live: Live, family: Family) -> None:
    """That alone makes no server of it; a listening socket is one, and has the port that the kernel chose."""
    address = family.pack(0)
    made = call("socket", family.domain, STREAM, 0)
    run = live.run(made, call("bind", made, address, len(address)), call("listen", made, 5))
    (bound,), (listening,) = run.events("bind"), run.events("listen")
    assert bound.params == {"res": 0, "addr": sockaddr(family.host, 0), "fd": made.ret}
    assert bound.fields["fd.sport"] is None
    assert listening.fields["fd.sport"] > 0
    assert listening.fields["fd.sip"] == family.shown


def test_sendto(live: Live, family: Family) -> None:
    with socket.socket(family.domain, DGRAM) as receiver:
        receiver.bind((family.host, 0))
        address = receiver.getsockname()
        own, target = family.pack(0), family.pack(address[1])
        made = call("socket", family.domain, DGRAM, 0)
        run = live.run(
            made,
            call("bind", made, own, len(own)),
            call("sendto", made, "hello", 5, 0, target, len(target)),
        )
        _, source = receiver.recvfrom(5)
    (event,) = run.events("sendto")
    assert event.params == {
        "res": 5,
        "data": b"hello",
        "fd": made.ret,
        "size": 5,
        "tuple": socktuple(source[:2], address[:2]),
    }


def unix_address(place: Path, kind: str) -> str:
    return f"\0{place}" if kind == "abstract" else str(place)


@pytest.fixture(params=["path", "abstract"])
def unix_name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return unix_address(tmp_path / "socket", request.param)


def test_unix_connect(live: Live, unix_name: str) -> None:
    shown = unix_name.removeprefix("\0")
    target = sockaddr_un(unix_name)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(unix_name)
        server.listen()
        made = call("socket", socket.AF_UNIX, STREAM, 0)
        run = live.run(made, call("connect", made, target, len(target)))
    (event,) = run.events("connect")
    assert event.params == {"res": 0, "tuple": UnixTuple(shown), "fd": made.ret, "addr": shown}
    assert (event.fields["fd.type"], event.fields["fd.name"]) == ("unix", UnixTuple(shown))


def test_unix_connect_is_refused(live: Live, unix_name: str) -> None:
    shown = unix_name.removeprefix("\0")
    target = sockaddr_un(unix_name)
    made = call("socket", socket.AF_UNIX, STREAM, 0)
    run = live.run(made, connects := call("connect", made, target, len(target)))
    (event,) = run.events("connect")
    assert event.params == {"res": connects.ret, "tuple": None, "fd": made.ret, "addr": shown}
    assert connects.ret in (-errno.ENOENT, -errno.ECONNREFUSED)


def test_unix_accept(live: Live, unix_name: str) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(unix_name)
        server.listen(2)
        client.connect(unix_name)
        run = live.run(made := call("accept", server.fileno(), None, None), pass_fds=[server.fileno()])
    (event,) = run.events("accept")
    assert event.params == {
        "fd": made.ret,
        "tuple": UnixTuple(unix_name.removeprefix("\0")),
        "queuepct": 0,
        "queuelen": 0,
        "queuemax": 2,
    }


def test_unix_bind(live: Live, unix_name: str) -> None:
    shown = unix_name.removeprefix("\0")
    address = sockaddr_un(unix_name)
    made = call("socket", socket.AF_UNIX, STREAM, 0)
    run = live.run(made, call("bind", made, address, len(address)), call("listen", made, 1))
    (event,) = run.events("bind")
    assert event.params == {"res": 0, "addr": shown, "fd": made.ret}
    (event,) = run.events("listen")
    assert (event.fields["fd.type"], event.fields["fd.name"]) == ("unix", shown)


def test_unix_sendto(live: Live, unix_name: str) -> None:
    target = sockaddr_un(unix_name)
    with socket.socket(socket.AF_UNIX, DGRAM) as receiver:
        receiver.bind(unix_name)
        made = call("socket", socket.AF_UNIX, DGRAM, 0)
        run = live.run(made, call("sendto", made, "hello", 5, 0, target, len(target)))
    (event,) = run.events("sendto")
    assert event.params == {
        "res": 5,
        "data": b"hello",
        "fd": made.ret,
        "size": 5,
        "tuple": UnixTuple(unix_name.removeprefix("\0"), receiver="0"),  # none that it stays connected to
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\0{own}\0b", "{own}@b"),
        ("\0\0{own}", "@{own}"),
        ("\0{own}\0\0", "{own}"),
        ("\0{own:\0<107}", "{own}"),
        ("\0{own:\0>107}", "{own:@>107}"),
        ("\0{own:x<107}", "{own:x<107}"),
    ],
)
def test_an_abstract_name_may_contain_nul(live: Live, name: str, shown: str) -> None:
    """Its length alone ends it: names that differ only after a NUL are two sockets."""
    own = f"tiercel{os.getpid()}"
    name, shown = name.format(own=own), shown.format(own=own)
    target = sockaddr_un(name)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        made = call("socket", socket.AF_UNIX, STREAM, 0)
        run = live.run(made, call("connect", made, target, len(target)))
    (event,) = run.events("connect")
    assert event.params == {"res": 0, "tuple": UnixTuple(shown), "fd": made.ret, "addr": shown}
    assert (event.fields["fd.type"], event.fields["fd.name"]) == ("unix", UnixTuple(shown))
    other = call("socket", socket.AF_UNIX, STREAM, 0)
    run = live.run(other, call("bind", other, target, len(target)), call("listen", other, 1))
    (event,) = run.events("bind")
    assert event.params == {"res": 0, "addr": shown, "fd": other.ret}
    (event,) = run.events("listen")
    assert event.fields["fd.name"] == shown


def test_path_of_a_unix_socket_without_a_final_nul(live: Live, tmp_path: Path) -> None:
    """The length alone ends it."""
    path = os.fsencode(tmp_path / "socket")
    address = sockaddr_un(path)[:-1]
    made = call("socket", socket.AF_UNIX, STREAM, 0)
    run = live.run(made, call("bind", made, address + b"garbage", len(address)))
    (event,) = run.events("bind")
    assert event.params == {"res": 0, "addr": str(tmp_path / "socket"), "fd": made.ret}


def test_other_family(live: Live) -> None:
    """Of a netlink address, the family is all that events have a form for."""
    address = bytes([socket.AF_NETLINK, 0]) + bytes(10)
    made = call("socket", socket.AF_NETLINK, int(socket.SOCK_RAW), 0)
    run = live.run(made, call("bind", made, address, len(address)))
    (event,) = run.events("bind")
    assert event.params == {"res": 0, "addr": "family 16", "fd": made.ret}
    assert event.fields["fd.type"] == "netlink"
