# SPDX-License-Identifier: Apache-2.0
"""Valid and invalid settings of containers."""

from __future__ import annotations

from typing import Any

import pytest

from tiercel import ContainerSettings, UsageError


def test_the_defaults() -> None:
    assert ContainerSettings() == ContainerSettings(wait_ms=500, unknown="match")


@pytest.mark.parametrize("wrong", [{"wait_ms": -1}, {"wait_ms": 60_001}, {"unknown": "maybe"}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        ContainerSettings(**wrong)
    assert caught.value.code == "E607"
