# SPDX-License-Identifier: Apache-2.0
"""Man pages: one per command, with each option of its parser."""

from __future__ import annotations

import importlib.util
import re

import pytest
from support.live import REPOSITORY

from tiercel import cli

NAMES = [name for name, _ in cli.COMMANDS]


@pytest.fixture(scope="module")
def man():
    spec = importlib.util.spec_from_file_location("man", REPOSITORY / "deploy/packages/man.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_page_for_each_command(man):
    assert set(man.pages("1.2.3")) == {"tiercel.1", *(f"tiercel-{name}.1" for name in NAMES)}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_each_option_and_example(man, name):
    page = man.pages("1.2.3")[f"tiercel-{name}.1"]
    plain = page.replace("\\-", "-").replace("\\e", "\\")
    parser = cli.command_parser(name, cli.load(name))
    for action in parser._actions:
        assert action.help == "==SUPPRESS==" or all(option in plain for option in action.option_strings)
    for line in (parser.epilog or "").splitlines():
        assert line.rstrip().removesuffix(":").lower() in plain.lower()
    assert page.startswith(f'.TH "TIERCEL\\-{name.upper()}" 1 "" "tiercel 1.2.3"')
    assert page.splitlines().count(".nf") == page.splitlines().count(".fi")


def test_no_text_is_taken_for_a_request_of_roff(man):
    assert man.escape(".SH evil\n'so /etc/passwd\na\\b -c") == "\\&.SH evil\n\\&'so /etc/passwd\na\\eb \\-c"
    known = {".TH", ".SH", ".PP", ".TP", ".nf", ".fi"}
    for page in man.pages("1").values():
        assert {line.split()[0] for line in page.splitlines() if re.match(r"[.']", line)} <= known
