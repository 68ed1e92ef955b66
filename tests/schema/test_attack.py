# SPDX-License-Identifier: Apache-2.0
"""Tactics of MITRE ATT&CK."""

from __future__ import annotations

from tiercel.schema.attack import TACTIC_BY_TAG, TACTICS


def test_tags_of_falcos_rules() -> None:
    assert TACTIC_BY_TAG["mitre_command_and_control"].uid == "TA0011"
    assert TACTIC_BY_TAG["TA0004"].name == "Privilege Escalation"
    assert len(TACTIC_BY_TAG) == 2 * len(TACTICS)
