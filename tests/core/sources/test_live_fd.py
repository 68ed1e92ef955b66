# SPDX-License-Identifier: Apache-2.0
"""``fd.connected``, ``fd.is_server``, ``fd.name_changed``: properties of a descriptor that one event alone shows."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import event, read

from tiercel.schema.wire import sockaddr, socktuple

CLIENT: dict[str, Any] = {
    "type": "ipv4",
    "l4proto": "tcp",
    "role": "client",
    "sip": "10.0.0.1",
    "sport": 40000,
    "dip": "10.0.0.2",
    "dport": 80,
}
FRESH: dict[str, Any] = {"type": "ipv4", "l4proto": "udp"}
LISTENING: dict[str, Any] = {"type": "ipv4_server", "l4proto": "tcp", "role": "server", "dip": "0.0.0.0", "dport": 22}
FILE: dict[str, Any] = {"type": "file"}


@pytest.mark.parametrize(
    ("file", "connected"),
    [
        (CLIENT, 1),
        (CLIENT | {"role": "server"}, 1),
        (FRESH, 0),
        (LISTENING, 0),
        (FILE, 0),
        ({"type": "unix", "role": "client"}, 1),
        ({"type": "unix"}, 0),
    ],
)
def test_connected(file: dict[str, Any], connected: int) -> None:
    assert read(event("fchmod", {"fd": 3}, file=file), "fd.connected") == connected


def test_connected_of_an_unknown_descriptor() -> None:
    assert read(event("fchmod", {"fd": 3}), "fd.connected") is None


@pytest.mark.parametrize(
    ("file", "is_server"),
    [
        (CLIENT, 0),
        (CLIENT | {"role": "server"}, 1),
        (CLIENT | {"dip": "10.0.0.1"}, 1),
        (FRESH, 0),
        (LISTENING, 1),
        (FILE, 0),
    ],
)
def test_is_server(file: dict[str, Any], is_server: int) -> None:
    assert read(event("fchmod", {"fd": 3}, file=file), "fd.is_server") == is_server


@pytest.mark.parametrize(
    ("name", "params", "file", "changed"),
    [
        ("openat", {"fd": 3, "name": "/a"}, FILE, 1),
        ("accept", {"fd": 3}, CLIENT | {"role": "server"}, 1),
        ("connect", {"res": 0, "fd": 3, "addr": sockaddr("10.0.0.2", 80)}, CLIENT, 1),
        ("connect", {"res": -115, "fd": 3, "addr": sockaddr("10.0.0.2", 80)}, CLIENT, 1),
        ("connect", {"res": -111, "fd": 3, "addr": sockaddr("10.0.0.2", 80)}, CLIENT, 0),
        ("bind", {"res": 0, "fd": 3, "addr": sockaddr("10.0.0.2", 80)}, LISTENING, 1),
        ("sendto", {"res": 1, "fd": 3, "tuple": socktuple(("10.0.0.1", 1), ("10.0.0.2", 2))}, FRESH, 1),
        ("sendto", {"res": 1, "fd": 3, "tuple": socktuple(("10.0.0.1", 1), ("10.0.0.2", 2))}, CLIENT, 0),
        ("sendto", {"res": 1, "fd": 3}, FRESH, 0),
        ("fchmod", {"res": 0, "fd": 3}, FILE, 0),
    ],
)
def test_name_changed(name: str, params: dict[str, Any], file: dict[str, Any], changed: int) -> None:
    assert read(event(name, params, file=file), "fd.name_changed") == changed


def test_kinds_of_all_descriptors_are_not_known() -> None:
    assert read(event("fchmod", {"fd": 3}, file=FILE), "fd.types") is None
