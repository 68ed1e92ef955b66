# SPDX-License-Identifier: Apache-2.0
"""The keys of operation."""

from __future__ import annotations

import pytest

from tiercel.config.config import Config
from tiercel.errors import ConfigError


def test_notices_are_alerts_only_on_request() -> None:
    assert not Config.load().internal_alerts
    assert Config.load(options=["internal_alerts=true"]).internal_alerts
    with pytest.raises(ConfigError, match="internal_alerts"):
        Config.load(options=["internal_alerts=perhaps"])
