# SPDX-License-Identifier: Apache-2.0
"""Support information."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from tiercel import cli


def test_support(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, config = tmp_path / "r.yaml", tmp_path / "falco.yaml"
    rules.write_text("- {rule: a, desc: d, condition: evt.type = open, output: o, priority: INFO}\n")
    config.write_text(f"rules_files: [{rules}]\nstdout_output: {{enabled: true}}\n")
    assert cli.main(["falco", "-c", str(config), "-o", "priority=info", "--support"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"cmdline", "config", "engine_info", "rules_files", "system_info", "version"}
    assert found["cmdline"] == f"tiercel falco -c {config} -o priority=info --support"
    assert yaml.safe_load(found["config"]) == {
        "rules_files": [str(rules)],
        "stdout_output": {"enabled": True},
        "priority": "info",
    }
    assert found["rules_files"] == [{"name": str(rules), "variants": [{"content": rules.read_text()}]}]
    assert found["system_info"]["release"] == os.uname().release
    assert found["version"] == found["engine_info"]["falco_version"]
