# SPDX-License-Identifier: Apache-2.0
"""Python functions of responses."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from typing import Any, cast

from tiercel.errors import UsageError
from tiercel.response.settings import Function

__all__ = ["complete", "load_function"]


def load_function(function: Function) -> Callable[[Any], object]:
    """Return a function, or import it by its name ``module:function``.

    Raises:
        UsageError: E608, it cannot be imported; E607, it is not callable.
    """
    found: object = function
    if isinstance(function, str):
        module, _, name = function.partition(":")
        if not module or not name:
            raise UsageError("E607", f"{function!r} is not the name of a function", hint="write module:function")
        try:
            found = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except Exception as error:
            raise UsageError("E608", f"the function {function!r} cannot be loaded: {error}") from error
    if not callable(found):
        raise UsageError("E607", f"{function!r} cannot be called")
    return cast("Callable[[Any], object]", found)


def complete(result: object) -> None:
    """Run the coroutine that an ``async def`` function has returned, in an event loop of its own."""
    if isinstance(result, Coroutine):
        import asyncio  # noqa: PLC0415 - slow to import, and rarely needed

        asyncio.run(result)
