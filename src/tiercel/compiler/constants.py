# SPDX-License-Identifier: Apache-2.0
"""Constants of conditions to operands of the type that a field has."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from tiercel.compiler.program import Operand
from tiercel.schema.types import T, ValueType

__all__ = ["KIND_WORDS", "MAX_CONSTANT", "UnfitError", "convert"]

MAX_CONSTANT: Final = 255
"""Bytes of one constant."""

KIND_WORDS: Final = MappingProxyType(
    {
        "str": "text",
        "bytes": "bytes",
        "int": "a number",
        "uint": "a number",
        "double": "a number",
        "bool": "true or false",
        "ip": "an address",
        "net": "a network",
    }
)
"""How texts name the kinds of values."""

_DECIMAL: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+", re.ASCII)

# Ports that rules name, for machines without /etc/services.
_SERVICES: Final = MappingProxyType(
    {
        "ftp": 21,
        "ssh": 22,
        "telnet": 23,
        "smtp": 25,
        "domain": 53,
        "tftp": 69,
        "http": 80,
        "kerberos": 88,
        "pop3": 110,
        "ntp": 123,
        "imap2": 143,
        "snmp": 161,
        "ldap": 389,
        "https": 443,
        "syslog": 514,
        "ldaps": 636,
        "imaps": 993,
        "pop3s": 995,
        "mysql": 3306,
        "postgresql": 5432,
        "redis": 6379,
    }
)


class UnfitError(ValueError):
    """A constant that is not of the field's type.

    Attributes:
        hint: what would be.
    """

    def __init__(self, hint: str) -> None:
        super().__init__(hint)
        self.hint = hint


def convert(data: bytes, type_: ValueType) -> Operand:
    """Return a constant as an operand for a field of a type.

    Raises:
        UnfitError: it is not of that type.
    """
    if type_ is T.PORT:
        return _port(data, type_)
    return _BY_KIND[type_.kind](data, type_)


def _text(data: bytes, _type: ValueType) -> bytes:
    if b"\0" in data:
        raise UnfitError("text holds no zero bytes")
    return data


def _bytes(data: bytes, _type: ValueType) -> bytes:
    return data


def _number(data: bytes, type_: ValueType) -> int:
    text = data.decode("latin-1")
    if len(text) > 40 or not _DECIMAL.fullmatch(text):
        raise UnfitError("write a whole decimal number")
    value, bits, signed = int(text), 8 * type_.size, type_.kind == "int"
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if value < 0 and not signed:
        value %= 1 << bits  # as the C library reads it, so that -1 is the highest number
    if not low <= value <= high:
        raise UnfitError(f"the numbers of this field go from {low} to {high}")
    return value


def _port(data: bytes, type_: ValueType) -> int:
    name = data.decode("latin-1")
    if _DECIMAL.fullmatch(name):
        return _number(data, type_)
    try:
        return socket.getservbyname(name)
    except (OSError, ValueError):
        if name in _SERVICES:
            return _SERVICES[name]
        raise UnfitError("write a number from 0 to 65535 or the name of a service") from None


def _bool(data: bytes, _type: ValueType) -> int:
    if data not in {b"true", b"false"}:
        raise UnfitError("write `true` or `false`")
    return int(data == b"true")


def _address(data: bytes) -> bytes:
    """Return a packed address; one with a dot in it is IPv4, any other IPv6."""
    if b"." in data and b":" not in data:
        family, hint = socket.AF_INET, "an IPv4 address is four numbers from 0 to 255, `10.0.0.1`"
    else:
        family, hint = socket.AF_INET6, "write an IPv4 address, `10.0.0.1`, or an IPv6 address, `fd00::1`"
    try:
        return socket.inet_pton(family, data.decode("ascii"))
    except (OSError, ValueError):
        raise UnfitError(hint) from None


def _ip(data: bytes, _type: ValueType) -> tuple[bytes, int]:
    packed = _address(data)
    return packed, 8 * len(packed)


def _net(data: bytes, _type: ValueType) -> tuple[bytes, int]:
    address, slash, prefix = data.partition(b"/")
    if not slash:
        raise UnfitError("write an address and a prefix length, `10.0.0.0/8`")
    packed = _address(address)
    bits = 8 * len(packed)
    if not prefix.isdigit() or len(prefix) > 3 or int(prefix) > bits:
        raise UnfitError(f"the prefix length goes from 0 to {bits}")
    length = int(prefix)
    mask = ((1 << length) - 1) << (bits - length)
    return (int.from_bytes(packed, "big") & mask).to_bytes(len(packed), "big"), length


_BY_KIND: Final[dict[str, Callable[[bytes, ValueType], Operand]]] = {
    "str": _text,
    "bytes": _bytes,
    "int": _number,
    "uint": _number,
    "bool": _bool,
    "ip": _ip,
    "net": _net,
}
