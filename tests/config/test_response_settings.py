# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from tiercel import Priority, ProtectedProcesses, Response
from tiercel.config.config import Config
from tiercel.errors import ConfigError
from tiercel.response.settings import ResponseSettings

FILE = """
responses:
  - action: kill
    tags: [cryptomining]
    priority: critical
  - name: page
    action: run
    rules: ["Shell *"]
    program: [/usr/local/bin/page, --now]
    timeout: 2.5
    rate: 0.5
    burst: 3
    dry_run: true
protected_processes: {names: [sshd], paths: [/usr/sbin/sshd], cgroups: [/system.slice/ssh.service]}
responses_dry_run: on
"""


def test_responses_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(FILE)
    assert Config.load(path).responses == ResponseSettings(
        (
            Response("kill", tags=("cryptomining",), priority=Priority.CRITICAL),
            Response(
                "run",
                rules=("Shell *",),
                name="page",
                program=("/usr/local/bin/page", "--now"),
                timeout=2.5,
                rate=0.5,
                burst=3,
                dry_run=True,
            ),
        ),
        ProtectedProcesses(frozenset({"sshd"}), ("/usr/sbin/sshd",), ("/system.slice/ssh.service",)),
        dry_run=True,
    )


def test_responses_are_off_by_default_and_can_be_options() -> None:
    assert Config.load().responses == ResponseSettings()
    found = Config.load(None, ["responses[]={action: stop, rules: [x]}"]).responses.entries
    assert found == (Response("stop", rules=("x",)),)


@pytest.mark.parametrize(
    ("option", "code", "text"),
    [
        ("responses=kill", "E604", "`responses` cannot be `kill`"),
        ("responses[]={rules: [x]}", "E604", r"`responses\[0\]` has no action"),
        ("responses[]={action: kill}", "E604", "selects no alerts"),
        ("responses[]={action: explode, rules: [x]}", "E604", r"`responses\[0\].action` cannot be `explode`"),
        ("responses[]={action: kill, rules: [x], prioritty: error}", "E603", "prioritty"),
        ("responses[]={action: kill, priority: urgent}", "E604", "cannot be `urgent`"),
        ("responses[]={action: kill, rules: x}", "E604", "rules` cannot be `x`"),
        ("responses[]={action: run, rules: [x]}", "E604", "action run has a program"),
        ("responses[]={action: kill, rules: [x], rate: fast}", "E604", "cannot be `fast`"),
        ("responses[]={action: kill, rules: [x], rate: nan}", "E604", "cannot be `nan`"),
        ("protected_processes={paths: [sshd]}", "E604", "protected_processes.paths"),
        ("protected_processes={users: [root]}", "E603", "users"),
    ],
)
def test_wrong_values(option: str, code: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text) as raised:
        Config.load(None, [option])
    assert raised.value.code == code
