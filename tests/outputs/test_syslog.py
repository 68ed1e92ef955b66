# SPDX-License-Identifier: Apache-2.0
"""Alerts to real syslog receivers: local sockets, UDP, TCP and TLS on loopback."""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from support.alert_views import View
from support.certificates import make_certificate

from tiercel.errors import OutputError, UsageError
from tiercel.outputs import DeliveryError
from tiercel.outputs.syslog import SyslogOutput
from tiercel.rules.model import Priority

ALERTS: Any = [View(number) for number in range(3)]
HEAD = rf"1 2023-11-14T22:13:20\.123456Z node1 tiercel {os.getpid()} - - "


def local(path: Path, kind: int) -> socket.socket:
    receiver = socket.socket(socket.AF_UNIX, kind)
    receiver.bind(str(path))
    receiver.settimeout(20)
    return receiver


def test_local_datagrams_have_the_priority_of_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with local(path, socket.SOCK_DGRAM) as receiver:
        output = SyslogOutput(address=str(path), ident="falco")
        output.send_batch([View(1, Priority.CRITICAL), View(2, Priority.DEBUG)])
        first, second = (receiver.recv(4096).decode() for _ in range(2))
        output.close()
    assert re.fullmatch(rf"<10>\w{{3}} [ \d]\d \d\d:\d\d:\d\d falco\[{os.getpid()}\]: alert 1 ü", first)
    assert second.startswith("<15>")


def test_a_local_stream_and_a_facility(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with local(path, socket.SOCK_STREAM) as receiver:
        receiver.listen()
        output = SyslogOutput(address=str(path), facility="local0", format="falco")
        output.send(ALERTS[1])
        output.close()
        with receiver.accept()[0] as connection:
            received = connection.makefile("rb").read()
    assert received.startswith(b"<132>")
    assert received.endswith(b': {"number": 1}\0')


def test_a_receiver_that_restarts_is_temporary(tmp_path: Path) -> None:
    path = tmp_path / "log"
    output = SyslogOutput(address=str(path))
    with pytest.raises(DeliveryError, match="No such file") as caught:
        output.send(ALERTS[0])
    assert caught.value.retry
    for number in (0, 1):
        with local(path, socket.SOCK_DGRAM) as receiver:
            if number:
                with pytest.raises(DeliveryError):
                    output.send(ALERTS[0])  # the socket of the first receiver
            output.send(ALERTS[number])
            assert f"alert {number}".encode() in receiver.recv(4096)
        path.unlink()
    output.close()


def test_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        output = SyslogOutput(address=f"udp://127.0.0.1:{receiver.getsockname()[1]}")
        output.send_batch(ALERTS)
        received = [receiver.recv(4096).decode() for _ in ALERTS]
        output.close()
    assert all(re.fullmatch(rf"<12>{HEAD}alert {number} ü", text) for number, text in enumerate(received))


def test_a_datagram_that_is_too_long_is_cut() -> None:
    alert: Any = View(1)
    alert.to_text = lambda: "x" * 200_000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        output = SyslogOutput(address=f"udp://127.0.0.1:{receiver.getsockname()[1]}")
        output.send(alert)
        assert 30_000 < len(receiver.recv(200_000)) <= 65_000
        output.close()


def frames(data: bytes) -> list[str]:
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        found.append(rest[: int(length)].decode())
        data = rest[int(length) :]
    return found


def test_tcp_reconnects_after_the_server_closed_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        output = SyslogOutput(address=f"tcp://127.0.0.1:{server.getsockname()[1]}")
        output.send_batch(ALERTS)
        with server.accept()[0] as connection:
            received = frames(connection.recv(65536))
        assert [text[-3] for text in received] == ["0", "1", "2"]
        output.send(ALERTS[0])
        with server.accept()[0] as connection:
            (again,) = frames(connection.recv(65536))
        output.close()
    assert re.fullmatch(rf"<12>{HEAD}alert 0 ü", again)


def test_tls(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(cert, key, "localhost", "subjectAltName=DNS:localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://localhost:{server.getsockname()[1]}"

        def serve() -> None:
            with context.wrap_socket(server.accept()[0], server_side=True) as connection:
                received.append(connection.recv(65536))
                connection.recv(1)  # the end

        thread = threading.Thread(target=serve)
        thread.start()
        output = SyslogOutput(address=address, ca_cert=str(cert))
        output.send_batch(ALERTS)
        output.close()
        thread.join(20)
    assert len(frames(received[0])) == 3


@pytest.mark.parametrize(
    "options",
    [{"address": "log"}, {"address": "udp://"}, {"address": "tcp://h:x"}, {"facility": "x"}, {"ident": "a b"}],
)
def test_options_that_are_wrong(options: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        SyslogOutput(**options)  # type: ignore[arg-type]
    assert caught.value.code == "E607"


def test_an_authority_that_does_not_exist() -> None:
    with pytest.raises(OutputError, match="/no/file: No such file"):
        SyslogOutput(address="tls://localhost", ca_cert="/no/file")
