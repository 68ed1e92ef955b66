# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about connections, tried in a network namespace with an address that is not loopback's."""

from __future__ import annotations

import pytest
from support.watch import python, watch_packaged

import tiercel

pytestmark = pytest.mark.kernel

OUT, IN = "Outbound connection", "Inbound connection"

# 192.0.2.0/24 is for documentation: no machine has it.
SETUP = """
    import ctypes, fcntl, os, socket, struct
    assert ctypes.CDLL(None, use_errno=True).unshare(0x40000000) == 0
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    address = struct.pack("16sH2s4s8x", b"lo", socket.AF_INET, b"", socket.inet_aton(ADDRESS))
    fcntl.ioctl(control, 0x8916, address)  # SIOCSIFADDR
    fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", 0x41))  # SIOCSIFFLAGS: up, running
    server = socket.create_server((ADDRESS, 4321))
"""
CONNECT = (
    SETUP
    + """
    client = socket.create_connection((ADDRESS, 4321))
    peer, _ = server.accept()
"""
)


def code(text: str, address: str) -> list[str]:
    return python(text.replace("ADDRESS", repr(address)))


def test_connections_between_machines() -> None:
    outcome = watch_packaged(code(CONNECT, "192.0.2.1"))
    assert outcome.status == 0
    (out,) = outcome.of(OUT)
    assert "192.0.2.1:4321" in out.fields["fd.name"]
    assert out.fields["fd.l4proto"] == "tcp"
    (accepted,) = outcome.of(IN)
    assert "192.0.2.1:4321" in accepted.fields["fd.name"]


def test_a_connection_that_is_not_made_yet() -> None:
    text = (
        SETUP
        + """
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex((ADDRESS, 4321))
    """
    )
    assert len(watch_packaged(code(text, "192.0.2.1")).of(OUT)) == 1


def test_datagrams() -> None:
    (alert,) = watch_packaged(code(SETUP + "    control.sendto(b'x', (ADDRESS, 4321))", "192.0.2.1")).of(OUT)
    assert alert.fields["fd.l4proto"] == "udp"


def test_loopback_is_no_alert() -> None:
    outcome = watch_packaged(code(CONNECT, "127.0.0.1"))
    assert outcome.status == 0
    assert outcome.of(OUT) == outcome.of(IN) == []


def test_a_refused_connection_is_no_alert() -> None:
    text = SETUP + "    socket.socket().connect_ex((ADDRESS, 4322))"
    assert watch_packaged(code(text, "192.0.2.1")).of(OUT) == []


def test_they_are_off_by_default() -> None:
    off = {rule.name for rule in tiercel.Ruleset.packaged().rules if not rule.enabled}
    assert {OUT, IN} <= off
