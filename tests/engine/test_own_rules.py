# SPDX-License-Identifier: Apache-2.0
"""Rules of the sensor about itself."""

from __future__ import annotations

import pytest

from tiercel.engine.own_rules import CANARY, own_rules


@pytest.mark.parametrize("token", [1, 0xFFFF_FFFF])
def test_the_rule_of_the_canary(token: int) -> None:
    program, layouts = own_rules(token)
    assert program is not None
    assert program.rules == (CANARY,)
    assert [layout.rule for layout in layouts] == [CANARY]
