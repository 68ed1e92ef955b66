# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import os.path

import pytest

from tiercel import UsageError
from tiercel.response.functions import complete, load_function


def test_functions_by_name_and_as_they_are() -> None:
    assert load_function("os.path:basename") is os.path.basename
    assert load_function("os:path.basename") is os.path.basename
    assert load_function(print) is print


@pytest.mark.parametrize(
    ("name", "code"),
    [("no_such_module:f", "E608"), ("os:no_such", "E608"), ("os", "E607"), (":f", "E607"), ("os:sep", "E607")],
)
def test_wrong_names(name: str, code: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_function(name)
    assert raised.value.code == code


def test_coroutines_are_run_to_their_end() -> None:
    done: list[str] = []

    async def function() -> None:
        await asyncio.sleep(0)
        done.append("done")

    complete(function())
    complete(done.append("plain"))
    assert done == ["done", "plain"]


def test_an_error_of_a_coroutine_is_raised() -> None:
    async def function() -> None:
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        complete(function())
