# SPDX-License-Identifier: Apache-2.0
"""The form of the packaged rules, and that an ordinary day raises none of them."""

from __future__ import annotations

import re
from pathlib import Path

import evasions.suite
import pytest
from support.live import REPOSITORY
from support.watch import packaged, shell, watch_packaged

import tiercel


def test_they_load_without_a_warning() -> None:
    assert packaged().warnings == ()
    assert len(packaged().enabled) == len(packaged().rules) > 10


@pytest.mark.parametrize("rule", packaged().rules, ids=lambda rule: rule.name)
def test_each_rule_says_what_it_finds(rule: tiercel.Rule) -> None:
    assert len(rule.desc.split()) >= 8
    output = rule.output.value
    assert " | " in output
    for field in ("%proc.cmdline", "%proc.exepath", "%user.name", "%user.uid", "%container.id"):
        assert field in output
    assert {"host", "container"} & set(rule.tags)
    assert any(tag.startswith("mitre_") for tag in rule.tags)
    assert any(re.fullmatch(r"T\d{4}(\.\d{3})?", tag) for tag in rule.tags)


# Rules without a live trigger, and the reason.
NOT_LIVE = {
    "API server contacted from a container": "it needs the name of a cluster's service",
    "User of the system works interactively": "it needs a terminal of an account that the machine may lack",
}
# The sets that are off by default; a user enables them by their tag.
OFF = {"developer", "strict"}


def test_sets_that_are_off_are_switched_on_by_their_tag() -> None:
    rules = tiercel.Ruleset.packaged().rules
    off = {rule.name for rule in rules if not rule.enabled}
    assert {rule.name for rule in rules if OFF & set(rule.tags)} <= off
    assert len(off) < len(rules) / 5


@pytest.mark.parametrize("rule", packaged().rules, ids=lambda rule: rule.name)
def test_each_rule_has_its_tests(rule: tiercel.Rule) -> None:
    tests = "".join(path.read_text() for path in Path(REPOSITORY / "tests/packaged_rules").rglob("test_*.py"))
    programs = {program.alert for program in evasions.suite.programs()}
    assert f'"{rule.name}"' in tests or rule.name in programs or rule.name in NOT_LIVE


@pytest.mark.kernel
def test_an_ordinary_day(tmp_path: Path) -> None:
    script = """
        cd "$1"
        ls -l / /etc > listing
        grep -r root /etc/passwd /etc/group > found || true
        mkdir -p a/b && cp listing a/b && tar cf a.tar a && tar tf a.tar > /dev/null && rm -r a
        id > /dev/null; date > /dev/null; ps > /dev/null || true
        find /usr/share -maxdepth 1 | sort | head -5 > /dev/null
        chmod 700 listing; ln -s listing link; mv listing other
        sh -c 'exit 0'
    """
    assert watch_packaged(shell(script, tmp_path)).alerts == []
