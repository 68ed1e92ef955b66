# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from tiercel.config.config import Config


def test_each_key_sets_its_part_of_the_responses() -> None:
    entry = "responses[]={action: kill, rules: [x]}"
    found = Config.load(None, [entry, "protected_processes.names[]=sshd", "responses_dry_run=true"]).responses
    assert [one.action for one in found.entries] == ["kill"]
    assert found.protected.names == {"sshd"}
    assert found.dry_run
    assert not Config.load(None, [entry]).responses.dry_run
