# SPDX-License-Identifier: Apache-2.0
"""Loading rules without looking for garbage."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["without_collecting"]

_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")


def without_collecting(make: Callable[_Args, _Result]) -> Callable[_Args, _Result]:
    """Let no garbage be collected meanwhile: thousands of rules become a million objects, of which none is garbage."""

    @wraps(make)
    def run(*args: _Args.args, **kwargs: _Args.kwargs) -> _Result:
        if not gc.isenabled():
            return make(*args, **kwargs)
        gc.disable()
        try:
            return make(*args, **kwargs)
        finally:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # makes everything old, so that the next collection does not go through it
            gc.enable()

    return run
