# SPDX-License-Identifier: Apache-2.0
"""Alerts as JSON with Falco's keys."""

from __future__ import annotations

import json

from support.made_alerts import made_alert


def test_it_is_the_json_of_the_alert() -> None:
    alert = made_alert()
    assert json.loads(alert.render("falco")) == alert.to_dict()
