# SPDX-License-Identifier: Apache-2.0
"""`tiercel falco` as a program: order of actions, exit statuses, runs."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from support import scapfile
from support.cli import SHADOW_RULE, Done, finish, first_line, start, tiercel
from support.live import SHARED
from support.stock_config import STOCK

from tiercel import cli
from tiercel.cli import EXIT_INTERRUPTED, EXIT_OK, run

CAT_WRITE = SHARED / "spec/captures/falco/cat_write.scap"
OPENED = "- {rule: Opened, desc: d, condition: evt.type = open, output: '%evt.num %fd.name', priority: INFO}\n"
SUMMARY = "Events detected: {}\nRule counts by severity:\n{}Triggered rules by rule name:\n{}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "falco.yaml"
    (tmp_path / "rules.yaml").write_text(OPENED)
    path.write_text(f"rules_files: [{tmp_path}/rules.yaml]\nstdout_output: {{enabled: true}}\nlog_level: warning\n")
    return path


def falco(config: Path, *words: str | Path) -> Done:
    return tiercel("falco", "-c", config, *words)


def summary(rule: str, number: int) -> str:
    return SUMMARY.format(number, f"   INFO: {number}\n" * bool(number), f"   {rule}: {number}\n" * bool(number))


# -- order -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "beginning"),
    [
        ("-h --version -L", "Runtime threat detection"),
        ("--rule-schema -i", "{\n"),
        ("-i --list-events", "Ignored syscall(s):"),
        ("--list-events --version", "The events below"),
        ("--version --list -L", "Falco version:"),
        ("--plugin-info container --list-plugins -o load_plugins[0]=container", "Name: container\n"),
        ("--list-plugins --list", "0 Plugins Loaded:"),
        ("--list -N -V no.yaml", "evt.num\n"),
        ("-L --support", "Rule "),
        ("--support --dry-run", '{"cmdline"'),
        ("--dry-run", "Events detected: 0\n"),
    ],
)
def test_the_first_action_of_falcos_order_wins(config: Path, words: str, beginning: str) -> None:
    done = falco(config, *words.split())
    assert done.status == 0, done
    assert done.out.startswith(beginning)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--enable-source syscall --disable-source syscall", "You can not mix --enable-source and --disable-source"),
        ("--enable-source k8s_audit", "Attempted enabling an unknown event source: k8s_audit"),
        ("--disable-source k8s_audit", "Attempted disabling an unknown event source: k8s_audit"),
        ("--disable-source syscall", "Must enable at least one event source"),
        ("-r /no/such.yaml --dry-run", "/no/such.yaml: Invalid"),
        ("-o stdout_output.enabled=false --dry-run", "no output is enabled"),
        ("-o json_output=what --dry-run", "`json_output` cannot be `what`"),
        ("-t shell", "Falco has no option -t any more"),
        ("--page-size=yes", "--page-size is true or false"),
    ],
)
def test_errors_have_status_1(config: Path, words: str, text: str) -> None:
    done = falco(config, *words.split())
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Error: ")
    assert text in done.err
    assert "Traceback" not in done.err


def test_page_size_is_logged(config: Path) -> None:
    done = falco(config, "--page-size", "-o", "log_level=info")
    assert (done.status, done.out) == (0, "")
    assert "Your system page size is: 4096 bytes" in done.err


def test_log_of_a_start(config: Path) -> None:
    done = falco(config, "--dry-run", "-pc", "word", "-o", "log_level=info", "-o", "time_format_iso_8601=true")
    lines = [line.partition(": ")[2].strip() for line in done.err.splitlines()]
    assert lines[0].startswith("Falco version: 0.44.0+tiercel.")
    assert lines[1:3] == ["Falco initialized with configuration files:", str(config)]
    assert lines[lines.index("Loading rules from:") + 1] == str(config.parent / "rules.yaml")
    assert any("-p c has no effect" in line for line in lines)
    assert any("'word' belongs to no option" in line for line in lines)


def test_dry_run_opens_outputs(config: Path, tmp_path: Path) -> None:
    done = falco(config, "--dry-run", "-o", "file_output.enabled=true", "-o", f"file_output.filename={tmp_path}/no/x")
    assert done.status == 1
    assert "E801" in done.err


# -- captures ----------------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_replay(config: Path) -> None:
    words = ("-o", "engine.kind=replay", "-o", f"engine.replay.capture_file={CAT_WRITE}")
    done = falco(config, *words, "-v", "--disable-source", "syscall")
    alerts, end = done.out.splitlines()[:-5], "\n".join(done.out.splitlines()[-5:]) + "\n"
    assert done.status == 0
    assert len(alerts) > 1
    assert end == summary("Opened", len(alerts))
    assert "Captured Events: 303, " in done.err
    assert "Driver Events" not in done.err


def test_replay_ends_by_the_time_of_events(config: Path, tmp_path: Path) -> None:
    """An event every second: -M 3 shows those before the end of the third second."""
    capture = tmp_path / "ten.scap"
    calls = (
        scapfile.call("open", 3, f"/tmp/{number}", 1, 0, 0, 7, ts=scapfile.START + number * 10**9)
        for number in range(10)
    )
    capture.write_bytes(scapfile.capture(*calls))
    words = ("-o", "engine.kind=replay", "-o", f"engine.replay.capture_file={capture}")
    whole, cut = (falco(config, *words, "-M", seconds) for seconds in ("0", "3"))
    assert (whole.status, cut.status) == (0, 0)
    assert whole.out.endswith(summary("Opened", 10))
    assert [line.rpartition(" ")[2] for line in cut.out.splitlines()[:3]] == ["/tmp/0", "/tmp/1", "/tmp/2"]
    assert cut.out.endswith(summary("Opened", 3))


@pytest.mark.shared
def test_replay_has_no_command(config: Path) -> None:
    done = falco(config, "-o", "engine.kind=replay", "-o", f"engine.replay.capture_file={CAT_WRITE}", "--", "true")
    assert (done.status, done.out) == (1, "")
    assert "there is no command to watch" in done.err


# -- the live kernel ---------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_live(config: Path, tmp_path: Path) -> None:
    rules = tmp_path / "shadow.yaml"
    rules.write_text(SHADOW_RULE)
    words = ("-r", rules, "-v", "-P", tmp_path / "pid", "-o", "json_output=true", "-o", "priority=warning")
    process = start(
        "falco", "-c", config, *words, "-p", "extra %proc.name", "--", "sh", "-c", "cat /etc/shadow; exit 3"
    )
    done = finish(process)
    assert done.status == 3  # of the command
    (alert,) = [json.loads(line) for line in done.out.splitlines() if line.startswith('{"')]
    assert alert["rule"] == "Shadow opened"
    assert "/etc/shadow extra cat" in alert["output"]
    assert done.out.endswith(SUMMARY.format(1, "   WARNING: 1\n", "   Shadow opened: 1\n"))
    assert "Driver Drops:0\n" in done.err
    assert (tmp_path / "pid").read_text() == str(process.pid)
    assert (tmp_path / "pid").stat().st_mode & 0o777 == 0o644


@pytest.mark.kernel
def test_live_duration(config: Path) -> None:
    done = falco(config, "-M", "1", "--", "sleep", "60")
    assert done.status == 128 + signal.SIGTERM
    assert "Events detected: " in done.out


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_with_status_0(config: Path, signum: signal.Signals) -> None:
    process = start("falco", "-c", config, "-o", "engine.kind=nodriver")
    assert "waiting" in first_line(process)
    process.send_signal(signum)
    done = finish(process)
    assert (done.status, done.out) == (0, summary("Opened", 0))


def test_configuration_that_falco_ships(tmp_path: Path) -> None:
    """Its rule files are not there, so that the packaged ones are used."""
    path = tmp_path / "falco.yaml"
    path.write_text(STOCK)
    done = tiercel("falco", "-c", path, "--dry-run")
    assert done.status == 0, done.err
    assert done.out == summary("", 0)
    assert "rules_files: /nowhere/rules.d does not exist" in done.err


@pytest.mark.parametrize(("command", "status"), [((), EXIT_OK), (("--", "true"), EXIT_INTERRUPTED)])
def test_interrupts_end_it_with_status_0(
    config: Path, command: tuple[str, ...], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is no error for Falco. The run is a stand-in, because a real one would watch the whole machine."""
    monkeypatch.setattr(run, "run", lambda args: EXIT_INTERRUPTED)
    assert cli.main(["falco", "-c", str(config), *command]) == status


def test_rules_from_standard_input(config: Path) -> None:
    """Standard input is read once."""
    done = finish(start("falco", "-c", config, "-r", "-", "--dry-run", stdin=subprocess.PIPE), text=OPENED)
    assert (done.status, done.out) == (0, summary("Opened", 0)), done.err
    capture = ("-o", "engine.kind=replay", "-o", "engine.replay.capture_file=/no/such")
    done = finish(start("falco", "-c", config, "-r", "-", *capture, stdin=subprocess.PIPE), text=OPENED)
    assert "/no/such: No such file or directory [E701]" in done.err


def test_pid_file_that_cannot_be_written(config: Path, tmp_path: Path) -> None:
    done = falco(config, "-P", tmp_path / "no/pid", "--", "true")
    assert (done.status, done.out) == (1, "")
    assert f"Could not write pid to pidfile {tmp_path}/no/pid: No such file or directory [E802]" in done.err


def test_reader_that_goes_away_is_no_traceback(config: Path) -> None:
    process = start("falco", "-c", config, "--list-events")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""


def test_full_disk(config: Path) -> None:
    with open("/dev/full", "w") as full:
        done = finish(start("falco", "-c", config, "--list", stdout=full))
    assert done.status == 1
    assert "No space left on device" in done.err
