# SPDX-License-Identifier: Apache-2.0
"""recvfrom."""

from __future__ import annotations

import errno
import socket

from support.calls import Zeros, call
from support.expect import free_port, socktuple
from support.recorder import Live


def test_from_anybody(live: Live) -> None:
    """The sender is the source."""
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", free_port(socket.SOCK_DGRAM)))
        sender.bind(("127.0.0.9", 0))
        sender.sendto(b"hello", receiver.getsockname())
        length = (16).to_bytes(4, "little")
        run = live.run(
            call("recvfrom", receiver.fileno(), Zeros(64), 64, 0, Zeros(16), length), pass_fds=[receiver.fileno()]
        )
        source, address, descriptor = sender.getsockname(), receiver.getsockname(), receiver.fileno()
    (event,) = run.events("recvfrom")
    assert event.params == {
        "res": 5,
        "data": b"hello",
        "tuple": socktuple(source, address),
        "fd": descriptor,
        "size": 64,
    }
    assert event.fields["fd.name"] == f"127.0.0.9:{source[1]}->127.0.0.1:{address[1]}"
    assert (event.fields["fd.sport"], event.fields["fd.lport"]) == (address[1], address[1])


def test_of_a_connection(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"hello")
            run = live.run(call("recvfrom", client.fileno(), Zeros(3), 3, 0, None, None), pass_fds=[client.fileno()])
        source, address, descriptor = server.getsockname(), client.getsockname(), client.fileno()
    (event,) = run.events("recvfrom")
    assert event.params == {
        "res": 3,
        "data": b"hel",
        "tuple": socktuple(source, address),
        "fd": descriptor,
        "size": 3,
    }
    # The client stays the client, whichever end sends.
    assert event.fields["fd.name"] == f"127.0.0.1:{address[1]}->127.0.0.1:{source[1]}"


def test_nothing_there(live: Live) -> None:
    made = call("socket", socket.AF_INET, int(socket.SOCK_DGRAM), 0)
    run = live.run(made, call("recvfrom", made, Zeros(8), 8, socket.MSG_DONTWAIT, None, None))
    (event,) = run.events("recvfrom")
    assert event.params == {"res": -errno.EAGAIN, "data": None, "tuple": None, "fd": made.ret, "size": 8}
