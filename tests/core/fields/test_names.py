# SPDX-License-Identifier: Apache-2.0
"""``fd.cip.name`` and its like: names in rules, and the addresses that a name server gives for them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from support.core import checking, event, read

from tiercel import Ruleset
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.fields.dns import put_addresses
from tiercel._core.state.process_table import ProcessTable
from tiercel.engine import dns_refresh as resolver

CLIENT: dict[str, Any] = {
    "type": "ipv4",
    "l4proto": "tcp",
    "role": "client",
    "sip": "10.0.0.1",
    "sport": 40000,
    "dip": "10.0.0.2",
    "dport": 80,
}
RULES = """
- rule: Named
  desc: d
  condition: evt.type = connect and (fd.sip.name = one.example or fd.cip.name in (two.example, three.example))
  output: "%fd.sip.name"
  priority: INFO
"""


def pair(name: str, addr: str) -> tuple[bytes, bytes]:
    return name.encode(), ip_address(addr).packed


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    put_addresses([])


def connected(**file: Any) -> bytes:
    return event("fchmod", {"fd": 3}, file=CLIENT | file)


def test_names() -> None:
    put_addresses([pair("a.example", "10.0.0.1"), pair("b.example", "10.0.0.2"), pair("c.example", "10.0.0.2")])
    fields = ("fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name")
    assert read(connected(), *fields) == ("a.example", "b.example", "a.example", "b.example")


def test_addresses_without_a_name() -> None:
    put_addresses([pair("a.example", "10.0.0.9"), pair("a.example", "::a00:2")])
    assert read(connected(), "fd.sip.name") is None
    assert read(event("fchmod", {"fd": 3}, file={"type": "file"}), "fd.sip.name") is None


def test_ipv6() -> None:
    put_addresses([pair("six.example", "2001:db8::2")])
    record = connected(type="ipv6", sip="2001:db8::1", dip="2001:db8::2")
    assert read(record, "fd.sip.name") == "six.example"


def test_any_of_several_names_fits() -> None:
    put_addresses([pair("b.example", "10.0.0.2"), pair("c.example", "10.0.0.2")])
    for name, fits in ((b"b.example", 1), (b"c.example", 1), (b"d.example", 0)):
        evaluator = Evaluator(RuleProgram(checking("fd.sip.name", "eq", name)), ProcessTable())
        assert len(evaluator.feed(connected())) == fits


def test_addresses_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="4 or 16"):
        put_addresses([(b"a", b"12345")])


def test_names_in_rules() -> None:
    program = Ruleset.loads(RULES).compile().program
    assert program is not None
    assert resolver.names_in(program) == {b"one.example", b"two.example", b"three.example"}


def test_answers_are_kept_when_there_are_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, list[str]] = {"one.example": ["10.0.0.2", "::ffff:10.0.0.3", "fe80::1%lo"]}

    def getaddrinfo(name: str, *_: Any, **__: Any) -> list[Any]:
        if name not in answers:
            raise socket.gaierror
        return [(0, 0, 0, "", (addr, 0)) for addr in answers[name]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    one = resolver._Resolver()
    one.look_up({b"one.example", b"none.example", b"\xff"})
    assert read(connected(), "fd.sip.name") == "one.example"
    assert read(connected(dip="10.0.0.3"), "fd.sip.name") == "one.example"
    answers.clear()
    one.look_up({b"one.example"})
    assert read(connected(), "fd.sip.name") == "one.example"
