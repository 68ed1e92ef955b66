# SPDX-License-Identifier: Apache-2.0
"""How values and times are printed, and how alerts become lines that nothing in them can break."""

from __future__ import annotations

import json
import re
import time
from functools import lru_cache
from typing import Any, Final

__all__ = ["escape", "iso_time", "json_line", "local_time", "readable", "utc_time", "value_json", "value_text"]

MISSING: Final = "<NA>"

# JSON leaves these as they are, but terminals and log readers act on them: DEL and C1 controls, line and paragraph
# separators, marks that change the direction of writing.
_ACTIVE: Final = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE: Final = re.compile(rb"[^ -~]")
_NANO: Final = 1_000_000_000

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def readable(text: str) -> str:
    """Return ``text`` with U+FFFD for each byte sequence that was not UTF-8 (and is a lone surrogate here)."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def json_line(value: Any) -> str:
    """Return ``value`` as one line of JSON: keys sorted, no blanks, no control characters of any kind."""
    text = _encode(value)
    return text if text.isascii() and "\x7f" not in text else _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def escape(text: str) -> str:
    """Return ``text`` fit for one line: written as JSON writes strings, without the quotes around it."""
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
def _utc_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def iso_time(time_ns: int) -> str:
    """Return date and time in UTC as ISO 8601."""
    return f"{utc_time(time_ns)}+0000"


def value_text(value: Any, fmt: str) -> str:
    """Return a field's value as messages print it; ``fmt`` is the field's print format."""
    if isinstance(value, str):
        return readable(value)
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _number_text(value, fmt)
    if isinstance(value, (list, tuple)):
        return f"({','.join(value_text(item, fmt) for item in value)})"
    return _plain(value) if isinstance(value, bytes) else readable(str(value))


def value_json(value: Any, fmt: str) -> Any:
    """Return a field's value as JSON holds it: numbers stay numbers unless they print in another base."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return _number_text(value, fmt) if fmt in ("hex", "oct", "iso") else value
    if isinstance(value, (list, tuple)):
        return [value_text(item, fmt) for item in value]
    return _plain(value) if isinstance(value, bytes) else readable(str(value))


def _plain(value: bytes) -> str:
    """Return what of a byte buffer can be printed, and a dot for every other byte."""
    return _UNPRINTABLE.sub(b".", value).decode("ascii")


def _number_text(number: int, fmt: str) -> str:
    match fmt:
        case "time":
            return local_time(number)
        case "iso":
            return iso_time(number)
        case "hex":
            return f"{number:X}"
        case "oct":
            return f"{number:o}"
        case "padded":
            return f"{number:09d}"
        case _:
            return str(number)
