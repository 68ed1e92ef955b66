# SPDX-License-Identifier: Apache-2.0
"""Protocol buffers by hand, for the few messages that tests send: field number to value, nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Value: TypeAlias = "int | str | bytes | Mapping[int, Value] | list[Value]"
_VARINT, _BYTES = 0, 2


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(message: Mapping[int, Value]) -> bytes:
    """Encode a message; a list is a repeated field."""
    out = b""
    for number, held in message.items():
        for value in held if isinstance(held, list) else [held]:
            if isinstance(value, int):
                out += _varint(number << 3 | _VARINT) + _varint(value)
                continue
            if isinstance(value, str):
                data = value.encode()
            elif isinstance(value, bytes):
                data = value
            else:
                assert isinstance(value, Mapping)
                data = encode(value)
            out += _varint(number << 3 | _BYTES) + _varint(len(data)) + data
    return out


def entries(texts: Mapping[str, str]) -> list[Value]:
    """A map of texts, as the value of a field."""
    return [{1: key, 2: value} for key, value in texts.items()]


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of an encoded message that holds numbers, texts and messages only."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        if key & 7 == _VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
        else:
            assert key & 7 == _BYTES, key
            size, at = _read_varint(data, at)
            yield key >> 3, data[at : at + size]
            at += size


def text(data: bytes, number: int) -> str:
    """The text in a field of an encoded message; empty if the field is missing."""
    return next((value.decode() for key, value in fields(data) if key == number and isinstance(value, bytes)), "")


def nested(data: bytes, number: int) -> bytes:
    """The message in a field of an encoded message; empty if the field is missing."""
    return next((value for key, value in fields(data) if key == number and isinstance(value, bytes)), b"")
