# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os.path

import pytest

from tiercel import UsageError
from tiercel.response.functions import load_function


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
