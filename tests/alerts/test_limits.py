# SPDX-License-Identifier: Apache-2.0
"""Settings of limits of repeated alerts."""

from __future__ import annotations

from typing import Any

import pytest
from support.made_alerts import made_alert

from tiercel import AlertLimit, Priority
from tiercel.errors import UsageError


@pytest.mark.parametrize(
    ("limit", "concerns"),
    [
        (AlertLimit(), True),
        (AlertLimit(rules=("Other", "A *")), True),
        (AlertLimit(rules=("Other",)), False),
        (AlertLimit(tags=("x", "host")), True),
        (AlertLimit(tags=("x",)), False),
        (AlertLimit(priorities=(Priority.WARNING,)), True),
        (AlertLimit(priorities=(Priority.NOTICE, Priority.ERROR)), False),
        (AlertLimit(rules=("A rule",), tags=("x",)), False),
    ],
)
def test_selection(limit: AlertLimit, concerns: bool) -> None:
    assert limit.concerns(made_alert(tags=("host",))) is concerns


@pytest.mark.parametrize(
    "wrong",
    [{"window": 0.0}, {"window": 1e9}, {"window": float("nan")}, {"max": 0}, {"fields": "proc.name"}, {"rules": ("",)}],
)
def test_wrong_values(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        AlertLimit(**wrong)
    assert caught.value.code == "E607"
