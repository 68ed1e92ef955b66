# SPDX-License-Identifier: Apache-2.0
"""Escapes for characters that terminals and log readers interpret, or that are invisible.

These are control characters, line and paragraph separators, marks of the text direction, and characters without width.
File names, arguments and container names come from the watched programs, and are untrusted.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["HIDDEN", "readable", "visible", "visible_json", "visible_lines"]

_CLASS: Final = (
    r"\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
HIDDEN: Final = re.compile(rf"[\x00-\x1f{_CLASS}]")
"""One hidden character."""

_IN_LINES: Final = re.compile(rf"[\x00-\x08\x0b-\x1f{_CLASS}]")  # line ends and tabs stay
_NEVER_BYTES: Final = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")  # surrogates that represent no byte
_NAMES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def readable(text: str) -> str:
    """Return ``text`` with U+FFFD for each byte sequence that was not UTF-8 (and is a lone surrogate here)."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _NEVER_BYTES.sub("\ufffd", text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def visible(text: str) -> str:
    r"""Return ``text`` as one line: ``\n``, ``\x1b``, ``\u202e`` or ``\U000e0001`` for each hidden character."""
    return _replaced(HIDDEN, text)


def visible_lines(text: str) -> str:
    """Return ``text`` with escapes for hidden characters other than line ends and tabs."""
    return _replaced(_IN_LINES, text)


def visible_json(text: str) -> str:
    """Return JSON with JSON escapes for hidden characters; its value does not change."""
    return text if _is_plain(text) else _IN_LINES.sub(_in_json, text)


def _replaced(pattern: re.Pattern[str], text: str) -> str:
    return text if text.isascii() and text.isprintable() else pattern.sub(_written, text)


def _is_plain(text: str) -> bool:
    return text.isascii() and "\x7f" not in text


def _written(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if code < 0x100:
        return _NAMES.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
