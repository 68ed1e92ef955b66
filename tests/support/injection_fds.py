# SPDX-License-Identifier: Apache-2.0
"""Properties of descriptors that expressions of the injected cases use, by the names that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

FILE, DIRECTORY, V4, V6, SERVER4, SERVER6, PIPE, UNIX = range(1, 9)
CLIENT, SERVER, CONNECTED, UPPER, LOWER = 0x1, 0x2, 0x4, 0x8, 0x10
TCP, UDP, RAW = 2, 3, 5
PROTOCOLS = ("UNKNOWN", "NA", "TCP", "UDP", "ICMP", "RAW")
KINDS = {7: "pipe", 9: "event", 11: "signalfd", 13: "inotify", 14: "timerfd", 12: "eventpoll"}
LETTERS = {7: "p", 9: "e", 11: "s", 13: "i", 14: "t", 12: "l"}
FORMS = {V4: "v4", SERVER4: "server4", V6: "v6", SERVER6: "server6"}


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def role(fd: Json) -> int:
    return int(fd["flags"]) & (CLIENT | SERVER)


def transport(fd: Json) -> int:
    """The transport of an IP socket, whatever its role; 1 for anything else."""
    return int(fd[FORMS[fd["type"]]]["l4proto"]) if fd["type"] in FORMS else 1


def protocol(fd: Json) -> str:
    """The protocol as the engine reports it: empty for a socket without a role."""
    found = transport(fd)
    return "SCAP_L4_" + PROTOCOLS[found if role(fd) or found == RAW else 1]


def sockinfo(fd: Json) -> Json:
    """The ends as that engine has them: addresses as numbers in memory order."""
    v4, server = fd["v4"], fd["server4"]
    fields = {
        "m_sip": int.from_bytes(v4["sip"], "little"),
        "m_dip": int.from_bytes(v4["dip"], "little"),
        "m_sport": v4["sport"],
        "m_dport": v4["dport"],
    }
    return {
        "m_ipv4info": {"m_fields": fields},
        "m_ipv4serverinfo": {"m_ip": int.from_bytes(server["ip"], "little"), "m_port": server["port"]},
    }


def old_name(fd: Json) -> str:
    """The name before the event; used only of descriptors that never had one."""
    assert fd["name"] == b""
    return ""


FD: dict[str, Callable[[Json], Any]] = {
    "m_fd": lambda fd: fd["num"],
    "m_name": lambda fd: _text(fd["name"]),
    "m_name_raw": lambda fd: _text(fd["name_raw"]),
    "m_oldname": old_name,
    "tostring": lambda fd: _text(fd["name"]),
    "m_openflags": lambda fd: fd["open_flags"],
    "m_sockinfo": sockinfo,
    "get_ino": lambda fd: fd["ino"],
    "get_device": lambda fd: fd["dev"],
    "get_device_major": lambda fd: (fd["dev"] & 0xFFF00) >> 8,
    "get_device_minor": lambda fd: (fd["dev"] & 0xFF) | ((fd["dev"] >> 12) & 0xFFF00),
    "get_typestring": lambda fd: KINDS[fd["type"]],
    "get_typechar": lambda fd: ord(LETTERS[fd["type"]]),
    "get_l4proto": protocol,
    "is_file": lambda fd: fd["type"] == FILE,
    "is_directory": lambda fd: fd["type"] == DIRECTORY,
    "is_pipe": lambda fd: fd["type"] == PIPE,
    "is_unix_socket": lambda fd: fd["type"] == UNIX,
    "is_ipv4_socket": lambda fd: fd["type"] == V4,
    "is_ipv6_socket": lambda fd: fd["type"] == V6,
    "is_tcp_socket": lambda fd: transport(fd) == TCP,
    "is_udp_socket": lambda fd: transport(fd) == UDP,
    "is_role_none": lambda fd: role(fd) == 0,
    "is_role_client": lambda fd: bool(fd["flags"] & CLIENT),
    "is_role_server": lambda fd: bool(fd["flags"] & SERVER),
    "is_socket_connected": lambda fd: bool(fd["flags"] & CONNECTED),
    # Only the tracking of connections, which rules do not have, sets these two.
    "is_socket_pending": lambda fd: False,
    "is_socket_failed": lambda fd: False,
    "is_overlay_upper": lambda fd: bool(fd["flags"] & UPPER),
    "is_overlay_lower": lambda fd: bool(fd["flags"] & LOWER),
}
