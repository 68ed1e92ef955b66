# SPDX-License-Identifier: Apache-2.0
"""The frame of the command line: help, dispatch, errors and exit statuses."""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
import types

import pytest

from tiercel import cli
from tiercel.errors import ConfigError, KernelError, OutputError, SensorError, TiercelError, UsageError


class Place:
    file = "local.yaml"
    line = 3
    column = 7


def command(action: object) -> types.ModuleType:
    """A command that raises ``action``, or returns it."""

    def run(args: argparse.Namespace) -> int:
        if isinstance(action, BaseException):
            raise action
        assert isinstance(action, int)
        return action

    module = types.ModuleType("tiercel.cli.doctor", "tiercel doctor: does what the test says.")
    module.__dict__.update(EXAMPLES="", configure=lambda parser: None, run=run)
    return module


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> object:
    def call(action: object) -> int:
        monkeypatch.setattr(cli, "load", lambda name: command(action))
        return cli.main(["doctor"])

    return call


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (0, 0),
        (7, 7),
        (UsageError("E601", "no"), 2),
        (ConfigError("E603", "no"), 2),
        (KernelError("E405", "no", errno=errno.EPERM), 1),
        (SensorError("E605", "no"), 1),
        (OutputError("E801", "no"), 1),
        (KeyboardInterrupt(), 130),
        (FileNotFoundError(errno.ENOENT, "No such file", "x.yaml"), 1),
        (ZeroDivisionError("oops"), 1),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, int) else str(value),
)
def test_exit_status(main, capsys, action, status):
    assert main(action) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_error_names_code_place_and_hint(main, capsys):
    main(TiercelError("E604", "`ring` must be a number", hint="for example 8388608", span=Place()))
    assert capsys.readouterr().err == (
        "tiercel: local.yaml:3:7: error[E604]: `ring` must be a number\n  hint: for example 8388608\n"
    )


VERIFIER_LOG = """\
libbpf: prog 'ex_open': BPF program load failed: Permission denied
libbpf: prog 'ex_open': -- BEGIN PROG LOAD LOG --
0: R1=ctx() R10=fp0
; ev->fd = ret;
1: (79) r0 = *(u64 *)(r2 +0)
R2 !read_ok
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0
-- END PROG LOAD LOG --
libbpf: prog 'ex_open': failed to load: -13
libbpf: failed to load object 'tiercel'
"""


def test_the_end_of_the_verifier_log_is_shown(main, capsys):
    main(KernelError("E405", "refused (ex_open)", log=VERIFIER_LOG, hint="report it"))
    assert capsys.readouterr().err == (
        "tiercel: error[E405]: refused (ex_open)\n"
        "  log: 0: R1=ctx() R10=fp0\n"
        "  log: ; ev->fd = ret;\n"
        "  log: 1: (79) r0 = *(u64 *)(r2 +0)\n"
        "  log: R2 !read_ok\n"
        "  hint: report it\n"
    )


def test_the_whole_log_is_shown_on_request(main, capsys, monkeypatch):
    monkeypatch.setenv("TIERCEL_DEBUG", "1")
    main(KernelError("E405", "refused", log=VERIFIER_LOG))
    assert capsys.readouterr().err == f"{VERIFIER_LOG}tiercel: error[E405]: refused\n"


def test_file_errors_name_the_file(main, capsys):
    main(PermissionError(errno.EACCES, "Permission denied", "/etc/rules.yaml"))
    assert capsys.readouterr().err == "tiercel: error[E602]: /etc/rules.yaml: Permission denied\n"


def test_no_arguments_teach(capsys):
    assert cli.main([]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name, _ in cli.COMMANDS)
    assert "examples:" in text
    assert "exit status:" in text


# The help of `tiercel falco` has Falco's form: tests/cli/falco/test_usage.py.
@pytest.mark.parametrize("name", [name for name, _ in cli.COMMANDS if name != "falco"])
def test_each_command_has_help_with_examples(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: tiercel {name}")
    assert "examples:" in text


def test_unknown_command(capsys):
    assert cli.main(["wach"]) == 2
    assert "there is no command 'wach'" in capsys.readouterr().err


def test_unknown_option(capsys):
    assert cli.main(["doctor", "--jsn"]) == 2
    error = capsys.readouterr().err
    assert "--jsn" in error
    assert "`tiercel doctor --help`" in error


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("tiercel ")


def test_reader_that_goes_away_is_no_traceback():
    listing = subprocess.Popen(
        [sys.executable, "-m", "tiercel", "fields"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert listing.stdout is not None
    listing.stdout.close()
    _, error = listing.communicate(timeout=30)
    assert listing.returncode == 1
    assert error == b""


def test_module_and_script_are_the_same():
    script = os.path.join(os.path.dirname(sys.executable), "tiercel")
    runs = [
        subprocess.run([*start, "--version"], capture_output=True, check=True)
        for start in ([script], [sys.executable, "-m", "tiercel"])
    ]
    assert runs[0].stdout == runs[1].stdout
