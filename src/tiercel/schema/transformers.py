# SPDX-License-Identifier: Apache-2.0
"""The transformers of the rule language: functions on fields."""

from __future__ import annotations

from typing import Final

from tiercel.schema.types import Transformer

_TEXT: Final = frozenset({"str"})
_BYTES: Final = frozenset({"str", "bytes"})

TRANSFORMERS: Final[tuple[Transformer, ...]] = (
    Transformer("tolower", "The text with its ASCII letters in lower case.", "text", "same", _TEXT),
    Transformer("toupper", "The text with its ASCII letters in upper case.", "text", "same", _TEXT),
    Transformer(
        "b64", "What the text is the base64 form of; no value if it is not base64.", "text", "same", _BYTES, cost=4
    ),
    Transformer("basename", "What follows the last slash.", "path", "same", _TEXT, cost=2),
    Transformer("len", "Bytes of a text, or elements of a list.", "text or list", "uint", _BYTES, cost=2),
    Transformer("join", "The elements of a list as one text, the separator between them.", "separator, list", "text"),
    Transformer("concat", "Two or more texts, joined without a separator.", "text, text, ...", "text"),
    Transformer(
        "getopt",
        "Options of a command line, each followed by its value if it takes one; with `[c]` the value of the last `-c`.",
        "list, options",
        "options",
        cost=5,
    ),
)
