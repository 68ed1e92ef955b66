# SPDX-License-Identifier: Apache-2.0
"""Variables of the environment in texts of a configuration file, as ``${NAME}``."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["expand"]

_MAX_TEXT: Final = 1 << 20  # characters
_MAX_VARIABLES: Final = 1000


def expand(text: str) -> str:
    """Return a text with the values of its variables, as Falco expands it.

    A variable that is not set is removed. A value may contain further variables. ``$${NAME}`` stands for ``${NAME}``.
    Any other ``$``, and ``${`` without an end, ends the expansion: the rest of the text stays as it is.

    Raises:
        ValueError: a value is not UTF-8, or the text gets too long, as with a variable that contains itself.
    """
    count = 0
    at = text.find("$")
    while at >= 0:
        is_escaped = text.startswith("$${", at)
        end = text.find("}", at)
        if end < 0 or not (is_escaped or text.startswith("${", at)):
            break
        if is_escaped:
            text = text[:at] + text[at + 1 :]
            at += 1
        else:
            text = text[:at] + _value(text[at + 2 : end]) + text[end + 1 :]
            count += 1
        if count > _MAX_VARIABLES or len(text) > _MAX_TEXT:
            raise ValueError("its variables never end: one contains itself, or is too long")
        at = text.find("$", at)
    return text


def _value(name: str) -> str:
    value = os.environ.get(name, "")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the variable {name} of the environment is not UTF-8") from None
    return value
