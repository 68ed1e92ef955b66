# SPDX-License-Identifier: Apache-2.0
"""Settings of the checks of a sensor on itself."""

from __future__ import annotations

import pytest

from tiercel import Config, ConfigError, SelfChecks, UsageError


def test_a_library_has_none_by_default() -> None:
    assert SelfChecks().canary_ms == 0


@pytest.mark.parametrize("period", [-1, 1, 999])
def test_too_short_a_period(period: int) -> None:
    with pytest.raises(UsageError, match=f"at least 1000, not {period}"):
        SelfChecks(canary_ms=period)


@pytest.mark.parametrize(("text", "period"), [("1s", 1000), ("2m", 120_000), ("off", 0), ("false", 0), ("No", 0)])
def test_the_key(text: str, period: int) -> None:
    assert Config.load(options=[f"self_checks.canary={text}"]).self_checks.canary_ms == period


def test_a_configuration_has_a_minute_by_default() -> None:
    assert Config.load().self_checks.canary_ms == 60_000


@pytest.mark.parametrize("text", ["999ms", "0s", "1", "often", "-1s"])
def test_a_wrong_key(text: str) -> None:
    with pytest.raises(ConfigError, match=r"self_checks\.canary"):
        Config.load(options=[f"self_checks.canary={text}"])
