# SPDX-License-Identifier: Apache-2.0
"""Pause of the garbage collector while rules are loaded."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["gc_paused"]

_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")


def gc_paused(make: Callable[_Args, _Result]) -> Callable[_Args, _Result]:
    """Pause the garbage collector while the function runs.

    Thousands of rules become a million live objects, which the collector would scan in vain.
    """

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
                gc.unfreeze()  # moves all objects to the oldest generation, so that the next collection skips them
            gc.enable()

    return run
