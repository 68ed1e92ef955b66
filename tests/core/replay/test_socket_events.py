# SPDX-License-Identifier: Apache-2.0
"""Sockets of captures: ends, roles and names from calls and from the initial table."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from support.tasktable import Table, address, socktuple, unix_tuple

INET, INET6, UNIX_DOMAIN, NETLINK_DOMAIN = 2, 10, 1, 16
STREAM, DGRAM, RAW = 1, 2, 3
V4, V6, SERVER4, SERVER6, UNIX, NETLINK, UNKNOWN = 3, 4, 5, 6, 8, 15, 0
UNSET, TCP, UDP, ICMP, RAWIP = 0, 2, 3, 4, 5
CLIENT, SERVER, CONNECTED = 0x1, 0x2, 0x4


def new_table() -> Table:
    table = Table()
    table.add_interface(ip_address("127.0.0.1").packed, ip_address("255.0.0.0").packed)
    table.add_interface(ip_address("10.0.0.5").packed, ip_address("255.255.255.0").packed)
    table.add_interface(ip_address("::1").packed, bytes(16))
    return table


@pytest.fixture
def table() -> Table:
    table = new_table()
    table.open()
    return table


def role(entry: dict[str, Any]) -> int:
    return int(entry["flags"]) & (CLIENT | SERVER)


# --- Making -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "protocol", "l4proto"),
    [
        (STREAM, 0, TCP),
        (STREAM | 0x80000, 0, TCP),
        (DGRAM, 0, UDP),
        (RAW, 0, UNSET),
        (STREAM, 6, TCP),
        (RAW, 6, RAWIP),
        (DGRAM, 17, UDP),
        (RAW, 17, RAWIP),
        (DGRAM, 1, ICMP),
        (RAW, 1, RAWIP),
        (RAW, 255, RAWIP),
        (DGRAM, 33, UNSET),
    ],
)
def test_socket(table: Table, type_: int, protocol: int, l4proto: int) -> None:
    entry = table.call("socket", 3, INET, type_, protocol, 0x1000)["fd"]
    assert (entry["type"], entry["v4"]["l4proto"], entry["open_flags"]) == (V4, l4proto, 0x1000)
    assert (entry["name"], role(entry)) == (b"", 0)
    entry = table.call("socket", 4, INET6, type_, protocol, 0)["fd"]
    assert (entry["type"], entry["v6"]["l4proto"]) == (V6, l4proto)


@pytest.mark.parametrize(("domain", "kind"), [(UNIX_DOMAIN, UNIX), (NETLINK_DOMAIN, NETLINK), (17, UNKNOWN)])
def test_socket_of_another_family(table: Table, domain: int, kind: int) -> None:
    assert table.call("socket", 3, domain, STREAM, 0, 0)["fd"]["type"] == kind


def test_failed_socket(table: Table) -> None:
    event = table.call("socket", -97, 0, 1, 0, 0)
    assert (event["fd"], event["fd_num"]) == (None, -1)


# --- Binding ----------------------------------------------------------------------------------------------------------


def test_bind(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    event = table.call("bind", 0, address("127.0.0.1", 80), 3)
    entry = event["fd"]
    assert (entry["type"], entry["server4"]["port"], entry["server4"]["l4proto"]) == (SERVER4, 80, TCP)
    assert (entry["name"], role(entry), event["name_changed"]) == (b"127.0.0.1:80", SERVER, True)
    assert not table.call("listen", 0, 3, 5)["name_changed"]


def test_bind_without_a_port(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    entry = table.call("bind", 0, address("127.0.0.1", 0), 3)["fd"]
    assert (entry["type"], entry["name"], role(entry)) == (V4, b"127.0.0.1:0", 0)


def test_bind_of_ipv6(table: Table) -> None:
    table.call("socket", 3, INET6, DGRAM, 0, 0)
    entry = table.call("bind", 0, address("2001:db8::1", 53), 3)["fd"]
    assert (entry["type"], entry["server6"]["l4proto"], entry["name"]) == (SERVER6, UDP, b"2001:db8::1:53")
    table.call("socket", 4, INET6, STREAM, 0, 0)
    entry = table.call("bind", 0, address("::ffff:10.0.0.5", 53), 4)["fd"]
    assert (entry["type"], entry["server4"]["ip"], entry["server4"]["l4proto"]) == (SERVER4, bytes([10, 0, 0, 5]), TCP)
    assert entry["name"] == b"::ffff:10.0.0.5:53"


def test_bind_of_a_path(table: Table) -> None:
    table.call("socket", 3, UNIX_DOMAIN, STREAM, 0, 0)
    entry = table.call("bind", 0, b"\1/run/x.sock\0", 3)["fd"]
    assert (entry["name"], role(entry)) == (b"/run/x.sock", 0)
    assert table.call("bind", -98, b"\1/run/y.sock\0", 3)["fd"]["name"] == b"/run/x.sock"


# --- Connecting -------------------------------------------------------------------------------------------------------


def test_connect(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    event = table.call("connect", 0, socktuple("10.0.0.5", 5000, "1.2.3.4", 443), 3, address("1.2.3.4", 443))
    entry = event["fd"]
    assert (entry["name"], role(entry)) == (b"10.0.0.5:5000->1.2.3.4:443", CLIENT)
    assert entry["flags"] & CONNECTED
    assert event["name_changed"]


@pytest.mark.parametrize(("result", "connects"), [(-115, True), (-111, False), (-2, False)])
def test_connect_that_did_not_succeed(table: Table, result: int, connects: bool) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    tuple_ = socktuple("10.0.0.5", 5000, "1.2.3.4", 443)
    event = table.call("connect", result, tuple_, 3, address("1.2.3.4", 443))
    assert bool(event["fd"]["flags"] & CONNECTED) is connects
    assert bool(event["fd"]["name"]) is connects


def test_connect_without_a_tuple(table: Table) -> None:
    table.call("socket", 3, INET, DGRAM, 0, 0)
    table.enter("connect", (3).to_bytes(8, "little"), address("1.2.3.4", 53))
    entry = table.call("connect", 0, None, 3, address("1.2.3.4", 53))["fd"]
    assert (entry["v4"]["dip"], entry["v4"]["dport"], entry["name"], role(entry)) == (bytes([1, 2, 3, 4]), 53, b"", 0)


def test_connect_trusts_the_enter_event(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    table.enter("connect", (3).to_bytes(8, "little"), address("9.9.9.9", 99))
    entry = table.call("connect", 0, socktuple("10.0.0.5", 1, "1.2.3.4", 53), 3, address("1.2.3.4", 53))["fd"]
    assert entry["name"] == b"10.0.0.5:1->9.9.9.9:99"


def test_connect_trusts_the_kernel_over_the_program(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    table.enter("connect", (3).to_bytes(8, "little"), address("9.9.9.9", 99))
    entry = table.call("connect", 0, socktuple("10.0.0.5", 1, "1.2.3.4", 53), 3, address("8.8.8.8", 53))["fd"]
    assert entry["name"] == b"10.0.0.5:1->1.2.3.4:53"


def test_connect_of_a_datagram_server_turns_around(table: Table) -> None:
    table.call("socket", 3, INET, DGRAM, 0, 0)
    table.call("bind", 0, address("10.0.0.5", 53), 3)
    entry = table.call("connect", 0, socktuple("10.0.0.5", 53, "1.2.3.4", 999), 3, address("1.2.3.4", 999))["fd"]
    assert (entry["name"], role(entry)) == (b"1.2.3.4:999->10.0.0.5:53", SERVER)


def test_connect_of_ipv6_to_ipv4_forgets_the_transport(table: Table) -> None:
    table.call("socket", 3, INET6, STREAM, 0, 0)
    tuple_ = socktuple("::ffff:127.0.0.1", 5000, "::ffff:127.0.0.1", 80)
    entry = table.call("connect", 0, tuple_, 3, address("::ffff:127.0.0.1", 80))["fd"]
    assert (entry["type"], entry["v4"]["l4proto"], entry["name"]) == (V4, UNSET, b"<unknown>")


def test_connect_of_a_path(table: Table) -> None:
    table.call("socket", 3, UNIX_DOMAIN, STREAM, 0, 0)
    entry = table.call("connect", 0, unix_tuple(0xAB, 0xCD, "/run/s"), 3, b"\1/run/s\0")["fd"]
    assert (entry["name"], role(entry), entry["unix"]["source"]) == (b"ab->cd /run/s", CLIENT, 0xAB)


def test_connect_of_an_unknown_descriptor(table: Table) -> None:
    assert table.call("connect", 0, socktuple("10.0.0.5", 1, "1.2.3.4", 53), 77, None)["fd"] is None


# --- Accepting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["accept", "accept4"])
@pytest.mark.parametrize(
    ("ends", "kind", "name"),
    [
        (("1.2.3.4", "10.0.0.5"), V4, b"1.2.3.4:999->10.0.0.5:80"),
        (("2001:db8::2", "2001:db8::1"), V6, b"2001:db8::2:999->2001:db8::1:80"),
        (("::ffff:1.2.3.4", "::ffff:10.0.0.5"), V4, b"1.2.3.4:999->10.0.0.5:80"),
    ],
)
def test_accept(table: Table, call: str, ends: tuple[str, str], kind: int, name: bytes) -> None:
    event = table.call(call, 5, socktuple(ends[0], 999, ends[1], 80), 0, 0, 5)
    entry = event["fd"]
    assert (event["fd_num"], entry["type"], entry["name"], role(entry)) == (5, kind, name, SERVER)
    assert entry["flags"] & CONNECTED
    assert event["name_changed"]
    assert entry["v4" if kind == V4 else "v6"]["l4proto"] == TCP


def test_accept4_on_exec(table: Table) -> None:
    assert table.call("accept4", 5, unix_tuple(1, 2, "/s"), 0, 0, 5, 0x1000)["fd"]["open_flags"] == 0x1000


def test_accept_without_a_tuple(table: Table) -> None:
    event = table.call("accept", 5, None, 0, 0, 5)
    assert (event["fd"], event["fd_num"]) == (None, 5)
    assert table.call("accept", -11, None, 0, 0, 5)["fd_num"] == -1


# --- Traffic ----------------------------------------------------------------------------------------------------------


def test_reading_connects(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    assert not table.call("read", -107, None, 3, 1)["fd"]["flags"] & CONNECTED
    assert table.call("read", 1, b"x", 3, 1)["fd"]["flags"] & CONNECTED


def test_datagrams_of_an_unbound_client(table: Table) -> None:
    table.call("socket", 3, INET, DGRAM, 0, 0)
    event = table.call("sendto", 1, b"x", 3, 1, socktuple("0.0.0.0", 4000, "10.0.0.9", 53))
    assert (event["fd"]["name"], role(event["fd"])) == (b"10.0.0.5:4000->10.0.0.9:53", CLIENT)
    assert event["name_changed"]
    event = table.call("sendto", 1, b"x", 3, 1, socktuple("10.0.0.5", 4000, "10.0.0.9", 53))
    assert not event["name_changed"]
    event = table.call("recvfrom", 1, b"x", socktuple("10.0.0.8", 53, "10.0.0.5", 4000), 3, 1)
    assert event["fd"]["name"] == b"10.0.0.5:4000->10.0.0.8:53"
    assert event["name_changed"]


def test_datagrams_of_a_server(table: Table) -> None:
    table.call("socket", 3, INET, DGRAM, 0, 0)
    table.call("bind", 0, address("0.0.0.0", 53), 3)
    event = table.call("recvfrom", 1, b"x", socktuple("10.0.0.8", 999, "0.0.0.0", 53), 3, 1)
    entry = event["fd"]
    assert (entry["type"], entry["name"], role(entry)) == (V4, b"10.0.0.8:999->10.0.0.5:53", SERVER)
    assert entry["v4"]["l4proto"] == UDP
    event = table.call("sendto", 1, b"x", 3, 1, socktuple("10.0.0.5", 53, "10.0.0.7", 888))
    assert event["fd"]["name"] == b"10.0.0.7:888->10.0.0.5:53"


@pytest.mark.parametrize(("own", "kind", "server"), [("2001:db8::1", SERVER6, "server6"), ("::", SERVER4, "server4")])
@pytest.mark.parametrize("is_send", [True, False])
def test_ipv6_datagrams_of_a_bound_socket_make_no_connection(
    table: Table, own: str, kind: int, server: str, is_send: bool
) -> None:
    """Falco writes the addresses over port and transport, and reads these from there."""
    table.call("socket", 3, INET6, DGRAM, 0, 0)
    assert table.call("bind", 0, address(own, 4000), 3)["fd"][server]["l4proto"] == UDP
    if is_send:
        event = table.call("sendto", 1, b"x", 3, 1, socktuple("::1", 4000, "::1", 53))
    else:
        event = table.call("recvfrom", 1, b"x", socktuple("::1", 4000, "::1", 53), 3, 1)
    entry = event["fd"]
    assert (entry["type"], entry["name"], role(entry)) == (kind, b"::1:4000->::1:53", SERVER)
    assert (entry[server]["port"], entry[server]["l4proto"]) == (0, UNSET)
    assert event["name_changed"]
    assert not table.call("sendto", 1, b"x", 3, 1, socktuple("::1", 4000, "::1", 53))["name_changed"]
    assert table.call("sendto", 1, b"x", 3, 1, socktuple("::1", 4000, "::1", 54))["fd"]["name"] == b"::1:4000->::1:54"


def test_ipv6_datagrams_of_an_unbound_client(table: Table) -> None:
    table.call("socket", 3, INET6, DGRAM, 0, 0)
    entry = table.call("sendto", 1, b"x", 3, 1, socktuple("2001:db8::1", 4000, "2001:db8::2", 53))["fd"]
    assert (entry["type"], entry["name"], role(entry)) == (V6, b"2001:db8::1:4000->2001:db8::2:53", CLIENT)
    assert entry["v6"]["l4proto"] == UDP


def test_ipv6_datagrams_of_a_connection_of_ipv4(table: Table) -> None:
    table.call("socket", 3, INET6, DGRAM, 0, 0)
    table.call("sendto", 1, b"x", 3, 1, socktuple("::ffff:10.0.0.5", 4000, "::ffff:10.0.0.9", 53))
    entry = table.call("sendto", 1, b"x", 3, 1, socktuple("2001:db8::1", 4000, "2001:db8::2", 53))["fd"]
    assert (entry["type"], entry["v4"]["sip"], entry["v4"]["l4proto"]) == (V4, bytes([0x20, 0x01, 0x0D, 0xB8]), UDP)


def test_tcp_connection_keeps_its_ends(table: Table) -> None:
    table.call("socket", 3, INET, STREAM, 0, 0)
    table.call("connect", 0, socktuple("10.0.0.5", 1, "1.2.3.4", 2), 3, None)
    entry = table.call("sendto", 1, b"x", 3, 1, socktuple("10.0.0.5", 1, "9.9.9.9", 2))["fd"]
    assert entry["name"] == b"10.0.0.5:1->1.2.3.4:2"


def test_sender_that_nobody_has_seen(table: Table) -> None:
    entry = table.call("sendmsg", 1, b"x", 9, 1, socktuple("10.0.0.5", 1, "1.2.3.4", 2))["fd"]
    assert (entry["name"], entry["v4"]["l4proto"]) == (b"10.0.0.5:1->1.2.3.4:2", UDP)
    assert table.call("sendmmsg", 1, 8, 1, b"x", socktuple("10.0.0.5", 1, "1.2.3.4", 2))["fd"] is None
    assert table.call("sendto", -1, b"", 7, 1, socktuple("10.0.0.5", 1, "1.2.3.4", 2))["fd"] is None
    assert table.call("recvfrom", 1, b"x", socktuple("10.0.0.5", 1, "1.2.3.4", 2), 7, 1)["fd"] is None


def test_unix_messages_name_any_descriptor(table: Table) -> None:
    table.call("open", 3, "/dir", 0x401, 0, 7, 8)
    event = table.call("recvmsg", 1, 1, b"x", unix_tuple(0x1F, 0x2F, ""), None, 3)
    entry = event["fd"]
    assert (entry["type"], entry["name"], entry["name_raw"], entry["dev"]) == (UNIX, b"1f->2f ", b"/dir", 7)


def test_mmsg(table: Table) -> None:
    table.call("socket", 3, INET, DGRAM, 0, 0)
    entry = table.call("sendmmsg", 1, 3, 1, b"x", socktuple("10.0.0.5", 1, "1.2.3.4", 2))["fd"]
    assert entry["name"] == b"10.0.0.5:1->1.2.3.4:2"
    table.call("socket", 4, INET, DGRAM, 0, 0)
    entry = table.call("recvmmsg", 1, 4, 1, b"x", socktuple("1.2.3.4", 2, "10.0.0.5", 7), None)["fd"]
    assert entry["name"] in {b"10.0.0.5:7->1.2.3.4:2", b"1.2.3.4:2->10.0.0.5:7"}


def test_raw_sockets_have_no_ports(table: Table) -> None:
    table.call("socket", 3, INET, RAW, 1, 0)
    entry = table.call("sendto", 1, b"x", 3, 1, socktuple("10.0.0.5", 0, "1.2.3.4", 0))["fd"]
    assert entry["name"] == b"10.0.0.5->1.2.3.4"


def test_unknown_transport_becomes_udp(table: Table) -> None:
    table.call("socket", 3, INET, DGRAM, 33, 0)
    entry = table.call("sendto", 1, b"x", 3, 1, socktuple("10.0.0.5", 1, "1.2.3.4", 2))["fd"]
    assert (entry["name"], entry["v4"]["l4proto"]) == (b"10.0.0.5:1->1.2.3.4:2", UDP)


# --- The capture's own table ------------------------------------------------------------------------------------------


def initial(table: Table, num: int, kind: int, sip: str, sport: int, dip: str = "", dport: int = 0) -> None:
    table.add_fd(
        tid=100,
        fd=num,
        type=kind,
        l4proto=TCP,
        sip=ip_address(sip).packed,
        sport=sport,
        dip=ip_address(dip).packed if dip else b"",
        dport=dport,
    )


def test_initial_sockets() -> None:
    table = new_table()
    initial(table, 3, SERVER4, "0.0.0.0", 80)
    initial(table, 4, V4, "10.0.0.5", 80, "1.2.3.4", 999)
    initial(table, 5, V4, "10.0.0.5", 4000, "1.2.3.4", 443)
    initial(table, 6, V6, "2001:db8::1", 80, "2001:db8::2", 999)
    initial(table, 7, V6, "::ffff:10.0.0.5", 80, "::ffff:1.2.3.4", 998)
    initial(table, 8, V4, "0.0.0.0", 4001, "10.0.0.7", 5)
    initial(table, 9, SERVER6, "::", 8080)
    table.open()
    assert (table.entry(3)["name"], role(table.entry(3))) == (b"0.0.0.0:80", 0)
    assert (table.entry(4)["name"], role(table.entry(4))) == (b"1.2.3.4:999->10.0.0.5:80", SERVER)
    assert (table.entry(5)["name"], role(table.entry(5))) == (b"10.0.0.5:4000->1.2.3.4:443", CLIENT)
    assert (table.entry(6)["name"], role(table.entry(6))) == (b"2001:db8::1:80->2001:db8::2:999", 0)
    assert (table.entry(7)["name"], role(table.entry(7))) == (b"1.2.3.4:998->10.0.0.5:80", SERVER)
    assert table.entry(8)["name"] == b"10.0.0.5:4001->10.0.0.7:5"
    assert table.entry(9)["name"] == b":::8080"
    assert all(table.entry(num)["flags"] & CONNECTED for num in (4, 5, 6, 7))


def test_initial_files_and_unix_sockets() -> None:
    table = new_table()
    table.add_fd(tid=100, fd=0, type=16, name=b"/dev/null", open_flags=3, dev=6, ino=3)
    table.add_fd(tid=100, fd=1, type=7, name=b"pipe:[12]", ino=12)
    table.add_fd(tid=100, fd=3, type=UNIX, name=b"/run/s", source=1, destination=2)
    table.add_fd(tid=100, fd=4, type=UNIX, source=1, destination=2)
    table.add_fd(tid=555, fd=0, type=16, name=b"/dev/null")
    table.open()
    entry = table.entry(0)
    assert (entry["type"], entry["open_flags"], entry["dev"], entry["name"]) == (1, 3, 6, b"/dev/null")
    assert table.entry(1)["name"] == b"pipe:[12]"
    assert (role(table.entry(3)), role(table.entry(4))) == (SERVER, CLIENT)
