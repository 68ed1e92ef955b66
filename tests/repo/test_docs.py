# SPDX-License-Identifier: Apache-2.0
"""Tests of the documents: commands, examples, paths and links."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.live import REPOSITORY

import tiercel
from tiercel import cli

README = REPOSITORY / "README.md"
FOLDERS = ("docs", "deploy")
DOCUMENTS = sorted(
    [README, REPOSITORY / "CHANGELOG.md", *(path for name in FOLDERS for path in (REPOSITORY / name).rglob("*.md"))]
)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ITEMS = re.compile(r"(?:#.*\n)*- ")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_TOP = re.compile(r"^(?:src|ext|bpf|rules|benches|tests|docs|deploy|\.ci)/[\w./<>-]+$")


def blocks(document: Path, language: str) -> list[str]:
    return [body for kind, body in _BLOCK.findall(document.read_text()) if kind == language]


def commands() -> list[list[str]]:
    lines = [line for document in DOCUMENTS for block in blocks(document, "sh") for line in block.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def ids(document: Path) -> str:
    return str(document.relative_to(REPOSITORY))


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_exist(words: list[str]) -> None:
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
        return
    assert words[0] == "tiercel"
    command = cli.load(words[1])
    cli.command_parser(words[1], command).parse_args(words[2:])


def test_examples_in_help_are_accepted() -> None:
    for name, _ in cli.COMMANDS:
        command = cli.load(name)
        for line in command.EXAMPLES.splitlines():
            command_line = line.strip().partition("   ")[0]  # its explanation follows
            words = shlex.split(command_line.partition("|")[0].partition(" > ")[0].partition("  #")[0], comments=True)
            if words[:1] == ["tiercel"]:
                cli.command_parser(words[1], cli.load(words[1])).parse_args(words[2:])


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_python_without_a_kernel_runs(document: Path, tmp_path: Path) -> None:
    for block in blocks(document, "python"):
        if "Sensor(" in block:
            compile(block, str(document), "exec")
        else:
            subprocess.run([sys.executable, "-c", block], check=True, cwd=tmp_path, timeout=60)


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_rules_compile_without_a_warning(document: Path) -> None:
    for block in blocks(document, "yaml"):
        if not _ITEMS.match(block):  # a configuration, or tests of rules
            continue
        ruleset = tiercel.Ruleset.loads(block)
        ruleset.compile()
        assert ruleset.warnings == ()


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_tests_of_rules_pass(document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A block that begins with a comment is a file of that name."""
    for block in blocks(document, "yaml"):
        if named := re.match(r"# ([\w.-]+\.yaml)\n", block):
            (tmp_path / named[1]).write_text(block)
    for path in sorted(tmp_path.glob("*-test.yaml")):
        assert cli.main(["test", str(path)]) == 0, capsys.readouterr().out


def test_explained_event_of_the_guide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guide = REPOSITORY / "docs/howto/test-rules.md"
    (shown,) = blocks(guide, "text")
    (event,) = [code for code in _CODE.findall(guide.read_text()) if code.startswith("{evt.type: openat, evt.is")]
    rules = next(block for block in blocks(guide, "yaml") if block.startswith("# keys.yaml"))
    (tmp_path / "keys.yaml").write_text(rules)
    (tmp_path / "event.yaml").write_text(event)
    assert cli.main(["explain", "--event", str(tmp_path / "event.yaml"), str(tmp_path / "keys.yaml")]) == 0
    assert capsys.readouterr().out.replace(f"{tmp_path}/", "") == shown


@pytest.mark.kernel
def test_sensor_example_of_the_readme_alerts() -> None:
    (block,) = [block for block in blocks(README, "python") if "Sensor(" in block]
    # Scoped to the processes of this test: it does not watch the rest of the machine.
    block = block.replace("Sensor(rules, ", f"Sensor(rules, scope=tiercel.Scope.tree({os.getpid()}), ")
    block = block.replace("duration=60", "duration=4")
    with subprocess.Popen([sys.executable, "-c", block], stdout=subprocess.PIPE, text=True) as example:
        while example.poll() is None:
            subprocess.run(["cat", "/etc/shadow"], check=True, stdout=subprocess.DEVNULL)
            time.sleep(0.2)
        assert example.stdout is not None
        printed = example.stdout.read()
    assert example.returncode == 0
    assert "cat /etc/shadow opened /etc/shadow (asked for /etc/shadow)" in printed


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_paths_and_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    prose = _BLOCK.sub("", text)
    named = [code for code in _CODE.findall(prose) if _TOP.match(code)]
    # `<event>` and the like stand for any name.
    lost = [name for name in named if not list(REPOSITORY.glob(re.sub(r"<\w+>", "*", name.rstrip("/"))))]
    lost += [link for link in _LINK.findall(prose) if not (document.parent / link).exists()]
    assert lost == []
