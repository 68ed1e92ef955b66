# SPDX-License-Identifier: Apache-2.0
"""The keys that a reload applies."""

from __future__ import annotations

from tiercel.config.keys import KEYS
from tiercel.config.reloaded import OUTPUT_KEYS, RELOADED, reloaded_groups


def test_they_are_keys() -> None:
    assert OUTPUT_KEYS < RELOADED < {key.name for key in KEYS}


def test_groups_hold_no_key_that_needs_a_restart() -> None:
    groups = reloaded_groups()
    assert {"priority", "rules_files", "http_output"} <= set(groups)
    assert not {"outputs_queue", "rule_matching", "engine", "webserver"} & set(groups)
    assert {key.name for key in KEYS if key.name.partition(".")[0] in groups} <= RELOADED
