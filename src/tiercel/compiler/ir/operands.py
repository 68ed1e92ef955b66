# SPDX-License-Identifier: Apache-2.0
"""Conversion of constants in conditions to operands of a field's type."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from tiercel._core.util import regex
from tiercel.compiler.ir.program import Operand
from tiercel.schema.services import PORTS
from tiercel.schema.types import T, ValueType

__all__ = ["KIND_WORDS", "MAX_CONSTANT", "UnfitError", "convert", "narrowed"]

MAX_CONSTANT: Final = 255
"""Limit of one constant, bytes."""

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
"""Names of the kinds of values in messages."""

_DECIMAL: Final = re.compile(rb"[ \t\n\v\f\r]*([+-]?)([0-9]+)")
_DIGITS: Final = re.compile(rb"[0-9]+")
_NUMBERS: Final = frozenset({"int", "uint", "double"})
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2})*")
_CLASSES: Final = MappingProxyType(
    {
        r"\d": "[0-9]",
        r"\D": "[^0-9]",
        r"\s": "[[:space:]]",
        r"\S": "[^[:space:]]",
        r"\w": "[[:word:]]",
        r"\W": "[^[:word:]]",
    }
)
_INT_MAX: Final = 2**31 - 1


class UnfitError(ValueError):
    """Constant that does not fit the type of a field.

    Attributes:
        hint: constants that fit.
        code: code of the diagnostic.
        reason: cause, for codes whose text contains it.
    """

    def __init__(self, hint: str, code: str = "E204", reason: str = "") -> None:
        super().__init__(hint)
        self.hint = hint
        self.code = code
        self.reason = reason


def convert(data: bytes, type_: ValueType, operator: str = "=") -> Operand:
    """Return a constant as an operand.

    Args:
        data: the constant.
        type_: type of the value that it is compared with.
        operator: name of the operator.

    Raises:
        UnfitError: the constant does not fit the type and the operator.
    """
    if type_.kind == "bytes":
        return _hex(data) if operator in {"bcontains", "bstartswith"} else data
    if b"\0" in data:
        raise UnfitError("only fields of bytes are compared with zero bytes")
    if operator == "regex" and (reason := regex.problem(data)):
        raise UnfitError(_regex_hint(reason), "E280", reason)
    return _BY_KIND[type_.kind](data, type_)


def narrowed(data: bytes, type_: ValueType) -> int | None:
    """Return the truncated value of a number that is too large for the type, or None if it fits.

    Negative constants of unsigned types are intentional: `-1` is the highest value.
    """
    if type_.kind not in _NUMBERS or (_DIGITS if type_ is T.PORT else _DECIMAL).fullmatch(data) is None:
        return None
    value, written = int(_BY_KIND[type_.kind](data, type_)), int(data)  # type: ignore[arg-type]
    bits = 64 if type_.kind == "double" else 8 * type_.size
    return value if value != written and (written >= 0 or -written > 1 << (bits - 1)) else None


def _regex_hint(reason: str) -> str:
    escape = reason.rpartition(": ")[2]
    if escape in _CLASSES:
        return f"the syntax is POSIX, without Perl's classes: write `{_CLASSES[escape]}`"
    if reason.startswith("no argument for repetition operator: ?"):
        return "the syntax is POSIX: nothing of the form `(?…)` belongs to it"
    return "the syntax is RE2's for POSIX; `\\` in front of a character takes it as it is"


def _text(data: bytes, _type: ValueType) -> bytes:
    return data


def _hex(data: bytes) -> bytes:
    if not _HEX.fullmatch(data):
        raise UnfitError("write two digits for each byte: `7f454c46` is `\\x7fELF`", "E281")
    return bytes.fromhex(data.decode("ascii"))


def _integer(data: bytes, bits: int, *, signed: bool) -> int:
    """Return a number as the C library scans it: saturated to 64 bits, then truncated to the low bits."""
    match = _DECIMAL.fullmatch(data)
    if match is None:
        raise UnfitError("write a whole decimal number")
    value = int(match[2])
    if signed:
        value = max(-(1 << 63), min(-value if match[1] == b"-" else value, (1 << 63) - 1))
    elif value >= 1 << 64:
        value = (1 << 64) - 1
    elif match[1] == b"-":
        value = -value
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def _number(data: bytes, type_: ValueType) -> int:
    if type_ is T.PORT:
        return _port(data)
    return _integer(data, 8 * type_.size, signed=type_.kind == "int")


def _fraction(data: bytes, _type: ValueType) -> float:
    """Return a constant for a field of fractions; constants are whole numbers of 32 bits."""
    return float(_integer(data, 32, signed=True))


def _port(data: bytes) -> int:
    if not data:
        return 0
    if _DIGITS.fullmatch(data):
        if int(data) > _INT_MAX:
            raise UnfitError("ports go from 0 to 65535")
        return int(data) & 0xFFFF
    name = data.decode("latin-1")
    if name in PORTS:
        return PORTS[name]
    try:
        return socket.getservbyname(name)
    except (OSError, ValueError):
        raise UnfitError("write a number from 0 to 65535 or the name of a service") from None


def _bool(data: bytes, _type: ValueType) -> int:
    if data not in {b"true", b"false"}:
        raise UnfitError("write `true` or `false`")
    return int(data == b"true")


def _address(data: bytes) -> bytes:
    """Return a packed address; one with a dot in it is IPv4, any other IPv6."""
    if b"." in data:
        family, hint = socket.AF_INET, "an IPv4 address is four numbers from 0 to 255, `10.0.0.1`"
        if b":" in data:
            hint = "connections between IPv4 addresses written as IPv6 have IPv4 addresses: write `10.0.0.1`"
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
    least = 0 if bits == 32 else 1  # Falco rejects the network of all IPv6 addresses
    if not _DIGITS.fullmatch(prefix) or not least <= int(prefix) <= bits:
        raise UnfitError(f"the prefix length goes from {least} to {bits}")
    length = int(prefix)
    mask = ((1 << length) - 1) << (bits - length)
    return (int.from_bytes(packed, "big") & mask).to_bytes(len(packed), "big"), length


_BY_KIND: Final[dict[str, Callable[[bytes, ValueType], Operand]]] = {
    "str": _text,
    "int": _number,
    "uint": _number,
    "double": _fraction,
    "bool": _bool,
    "ip": _ip,
    "net": _net,
}
