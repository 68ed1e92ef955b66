# SPDX-License-Identifier: Apache-2.0
"""The key ``alert_limits``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiercel import AlertLimit, Config, Priority
from tiercel.errors import ConfigError

FILE = """
alert_limits:
  - rules: [Read *]
    tags: [filesystem]
    priorities: [notice, INFO]
    fields: [proc.exepath, fd.name]
    window: 2.5
    max: 3
  - {}
"""


def test_entries(tmp_path: Path) -> None:
    path = tmp_path / "tiercel.yaml"
    path.write_text(FILE)
    config = Config.load(path)
    assert config.alert_limits == (
        AlertLimit(
            rules=("Read *",),
            tags=("filesystem",),
            priorities=(Priority.NOTICE, Priority.INFORMATIONAL),
            fields=("proc.exepath", "fd.name"),
            window=2.5,
            max=3,
        ),
        AlertLimit(),
    )
    assert config.limiter().limits == config.alert_limits
    assert Config().alert_limits == ()


def test_a_single_entry_as_an_option() -> None:
    assert Config.load(options=["alert_limits={window: 5}"]).alert_limits == (AlertLimit(window=5),)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("{window: 0}", r"`alert_limits\[0\]`: window is above 0"),
        ("{window: 1m}", r"`alert_limits\[0\].window` cannot be `1m`"),
        ("{max: 0}", "max"),
        ("{priorities: [urgent]}", "cannot be `urgent`"),
        ("{filds: [a]}", "unknown key `alert_limits"),
        ("text", "alert_limits"),
    ],
)
def test_wrong_entries(entry: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        Config.load(options=[f"alert_limits={entry}"])
