# SPDX-License-Identifier: Apache-2.0
"""Falco's options where tiercel's own commands are expected."""

from __future__ import annotations

import pytest

from tiercel import cli
from tiercel.cli.falco.options import OPTIONS
from tiercel.cli.falco.removed import ROWS


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["-r", "x.yaml"], "a command comes first: `tiercel run -r x.yaml`"),
        (["-V", "x.yaml"], "`tiercel check PATH` does what -V does in Falco"),
        (["--list=syscall"], "`tiercel fields` does what --list does in Falco"),
        (["--enable-source", "syscall"], "`tiercel falco` takes all options of Falco"),
        (["-A"], "-A is an option of older Falcos: write `-o base_syscalls.all=true`"),
        (["--what"], "a command comes first; `tiercel --help` lists them"),
        (["run", "-V", "x.yaml"], "`tiercel check PATH` does what -V does in Falco"),
        (["run", "--dry-run"], "`tiercel falco` takes all options of Falco"),
        (["run", "-T", "shell"], "write `-o 'rules[].disable.tag=TAG'`"),
        (["replay", "--snaplen", "80"], "write `-o falco_libs.snaplen=BYTES`"),
        (["run", "--what"], "`tiercel run --help` shows what it takes"),
    ],
    ids=" ".join,
)
def test_hint(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert hint in capsys.readouterr().err


def test_every_option_of_falco_has_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    for name in (name for row in (*OPTIONS, *ROWS) for name in row.names):
        cli.main([name]) if name not in {"-h", "--help", "--version"} else None
        assert "`tiercel --help` lists them" not in capsys.readouterr().err, name
