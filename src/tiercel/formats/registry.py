# SPDX-License-Identifier: Apache-2.0
"""Registry of the formats of alerts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tiercel.errors import UsageError
from tiercel.schema.alert_formats import FORMATS

if TYPE_CHECKING:
    from tiercel.formats.content import AlertContent

__all__ = ["formatter"]


@lru_cache(maxsize=len(FORMATS))
def formatter(name: str) -> Callable[[AlertContent], str]:
    """Return the function that renders an alert as one line, without the line end; import its module on first use.

    Raises:
        UsageError: E607, there is no such format.
    """
    if name not in FORMATS:
        raise UsageError("E607", f"there is no format {name!r} of alerts", hint=f"known are {', '.join(FORMATS)}")
    module: Any = import_module(f"tiercel.formats.{name}")
    function: Callable[[AlertContent], str] = module.render
    return function
