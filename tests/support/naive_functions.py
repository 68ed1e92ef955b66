# SPDX-License-Identifier: Apache-2.0
"""The transformers as the language reference describes them, for the naive evaluator."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator

from support.naive_values import Values

_DIGITS = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()


def apply(name: str, args: list[Values], kind: tuple[str, int], option: str | None) -> Values | None:
    """Return a transformer's result, or None if it has none. ``kind`` is that of the first argument."""
    if name == "len":
        return Values((len(args[0].items) if args[0].shape == "list" else len(args[0].items[0]),))
    if name == "join":
        return Values((args[0].items[0].join(args[1].items),))
    if name == "concat":
        return Values((b"".join(arg.items[0] for arg in args),))
    if name == "getopt":
        return _getopt(args[0].items, args[1].items[0], option)
    made = [_ONE_BY_ONE[name](item) for item in args[0].items]
    if None in made:
        return None
    texts = [text.split(b"\0")[0] if kind[0] == "str" else text for text in made if text is not None]
    return Values(tuple(texts), args[0].shape)


def _shifted(first: int, last: int, by: int) -> Callable[[bytes], bytes]:
    return lambda text: bytes(byte + by if first <= byte <= last else byte for byte in text)


def _base64(text: bytes) -> bytes | None:
    """Up to two = at the end are ignored; the bits that are left over must be zero."""
    digits = text[:-1] if text.endswith(b"=") else text
    digits = digits[:-1] if len(digits) < len(text) and digits.endswith(b"=") else digits
    if any(digit not in _DIGITS for digit in digits) or len(digits) % 4 == 1 or (text and not digits):
        return None
    bits = "".join(f"{_DIGITS.index(digit):06b}" for digit in digits)
    left_over = len(bits) % 8
    if "1" in bits[len(bits) - left_over :]:
        return None
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - left_over, 8))


_ONE_BY_ONE: dict[str, Callable[[bytes], bytes | None]] = {
    "tolower": _shifted(65, 90, 32),
    "toupper": _shifted(97, 122, -32),
    "basename": lambda text: text.rpartition(b"/")[2],
    "b64": _base64,
}


def _getopt(words: tuple[bytes, ...], optstring: bytes, option: str | None) -> Values | None:
    found = list(_options(words, optstring.removeprefix(b":")))
    if option is None:
        return Values(tuple(text for _, texts in found for text in texts), "list")
    wanted = [texts[-1] for letter, texts in found if letter == option.encode()]
    return Values((wanted[-1],)) if wanted else None


def _options(words: tuple[bytes, ...], letters: bytes) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """Yield each option with what stands for it: its letter, its letter and value, or an empty text."""
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word.startswith(b"--") and len(word) > 2:
            continue
        if word in {b"--", b"-"} or not word.startswith(b"-"):
            return
        for position in range(1, len(word)):
            letter, rest = word[position : position + 1], word[position + 1 :]
            if letter == b":" or letter not in letters:
                yield b"", (b"?",)
            elif letter + b":" not in letters:
                yield letter, (letter,)
            elif rest:
                yield letter, (letter, rest)
                break
            elif at < len(words):
                yield letter, (letter, words[at])
                at += 1
                break
            else:
                yield letter, (b"",)
                break
