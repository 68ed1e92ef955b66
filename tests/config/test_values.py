# SPDX-License-Identifier: Apache-2.0
"""Readers of configured values, at their bounds."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel.config.values import ConfigValue, number_between
from tiercel.errors import ConfigError


@pytest.mark.parametrize("value", [3, 4, 7, "3", "7"])
def test_a_number_in_a_range_includes_its_ends(value: Any) -> None:
    assert number_between(3, 7)(ConfigValue("x", value, {})) == int(value)


@pytest.mark.parametrize("value", [2, 8, "2", "8", -3, "", "a", None, [], "7.5"])
def test_a_number_outside_of_a_range_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="E604") as caught:
        number_between(3, 7)(ConfigValue("x", value, {}))
    assert caught.value.hint == "give a number from 3 to 7"
