# SPDX-License-Identifier: Apache-2.0
"""Alerts as text."""

from __future__ import annotations

from support.made_alerts import made_alert


def test_it_is_the_text_of_the_alert() -> None:
    alert = made_alert()
    assert alert.render("text") == alert.to_text()
