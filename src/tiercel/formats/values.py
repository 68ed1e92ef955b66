# SPDX-License-Identifier: Apache-2.0
"""Text form of values, times and alert lines; control characters are escaped."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from tiercel.escaping import readable, visible_json

__all__ = [
    "TIMES",
    "escape",
    "iso_time",
    "json_line",
    "local_time",
    "readable",
    "time_text",
    "utc_time",
    "value_json",
    "value_text",
]

MISSING: Final = "<NA>"

TIMES: Final = MappingProxyType({
    "evt.time": "time",
    "evt.time.s": "time_s",
    "evt.time.iso8601": "iso",
    "evt.datetime": "datetime",
    "evt.datetime.s": "datetime_s",
})  # fmt: skip
"""Text formats of the fields that are the time of the event; JSON has nanoseconds."""

_UNPRINTABLE: Final = re.compile(rb"[^ -~]")
_NANO: Final = 1_000_000_000
_MAX_LIST: Final = 1023  # bytes of a list as text, as Falco cuts it

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def json_line(value: Any) -> str:
    """Return ``value`` as one line of JSON: keys sorted, no blanks, no hidden characters of any kind."""
    return visible_json(readable(_encode(value)))


def escape(text: str) -> str:
    """Return ``text`` escaped for one line, as in JSON strings, without the quotes."""
    return json_line(text)[1:-1]


def local_time(time_ns: int) -> str:
    """Return the local time of day, ``HH:MM:SS.nnnnnnnnn``."""
    seconds, nanos = divmod(time_ns, _NANO)
    return f"{_local_second(seconds)}.{nanos:09d}"


def utc_time(time_ns: int) -> str:
    """Return date and time in UTC, ``YYYY-MM-DDTHH:MM:SS.nnnnnnnnn``, without a zone."""
    seconds, nanos = divmod(time_ns, _NANO)
    return f"{_utc_second(seconds)}.{nanos:09d}"


# Alerts come in bursts: most have the same second as the one before.
@lru_cache(maxsize=8)
def _local_second(seconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


@lru_cache(maxsize=8)
def _local_date(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


@lru_cache(maxsize=8)
def _utc_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def iso_time(time_ns: int) -> str:
    """Return date and time in UTC as ISO 8601."""
    return f"{utc_time(time_ns)}+0000"


def time_text(time_ns: int, fmt: str) -> str:
    """Return the time of an event in one of the formats of :data:`TIMES`."""
    seconds, nanos = divmod(time_ns, _NANO)
    match fmt:
        case "iso":
            return iso_time(time_ns)
        case "time_s":
            return _local_second(seconds)
        case "datetime":
            return f"{_local_date(seconds)}.{nanos:09d}"
        case "datetime_s":
            return _local_date(seconds)
        case _:
            return local_time(time_ns)


def value_text(value: Any, fmt: str) -> str:
    """Return a field's value as messages print it; ``fmt`` is the field's print format."""
    if isinstance(value, str):
        return readable(value)
    if value is None or _is_empty_list(value):
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _number_text(value, fmt)
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        return _list_text(value, fmt)
    return _buffer_text(value, fmt) if isinstance(value, bytes) else readable(str(value))


def value_json(value: Any, fmt: str) -> Any:
    """Return a field's value for JSON: numbers stay numbers unless they print in another base."""
    if isinstance(value, str):
        return readable(value)
    if value is None or _is_empty_list(value):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _number_text(value, fmt) if fmt in ("hex", "oct") else value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [value_text(item, fmt) for item in value]
    return _buffer_text(value, fmt) if isinstance(value, bytes) else readable(str(value))


def _is_empty_list(value: Any) -> bool:
    """Return whether a value is an empty list, which counts as missing."""
    return isinstance(value, (list, tuple)) and not value


def _list_text(values: list[Any] | tuple[Any, ...], fmt: str) -> str:
    """Return a list in parentheses, cut where Falco cuts it."""
    text = f"({','.join(value_text(item, fmt) for item in values)})"
    if len(text) <= _MAX_LIST // 4:
        return text
    return text.encode()[:_MAX_LIST].decode("utf-8", "ignore")


def _buffer_text(value: bytes, fmt: str) -> str:
    """Return a byte buffer in base64, or its printable characters with a dot for every other byte."""
    return (b64encode(value) if fmt == "base64" else _UNPRINTABLE.sub(b".", value)).decode("ascii")


def _number_text(number: int, fmt: str) -> str:
    if fmt in TIMES.values():
        return time_text(number, fmt)
    match fmt:
        case "hex":
            return f"{_unsigned(number):X}"
        case "oct":
            return f"{_unsigned(number):o}"
        case "padded":
            return f"{number:09d}"
        case "none":
            return MISSING
        case _:
            return str(number)


def _unsigned(number: int) -> int:
    """Return the two's complement of a negative number for other bases, of 32 bits if it fits."""
    return number if number >= 0 else number & (0xFFFF_FFFF if number >= -(1 << 31) else 0xFFFF_FFFF_FFFF_FFFF)
