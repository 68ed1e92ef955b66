# SPDX-License-Identifier: Apache-2.0
"""``tiercel run``: options, streams, signals, exit status."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.cli import SHADOW_RULE, Done, command, finish, first_line, one_clear_message, start, tiercel
from support.watch import container_cgroup, on_host

pytestmark = pytest.mark.kernel

READ_SHADOW = ("sh", "-c", "cat /etc/shadow >/dev/null")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "r.yaml"
    path.write_text(SHADOW_RULE)
    return path


# --- Output ---------------------------------------------------------------------------------------------------------


def test_text(rules: Path) -> None:
    done = tiercel("run", "-r", rules, "--", *READ_SHADOW)
    assert done.status == 0
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{9}: Warning cat /etc/shadow opened /etc/shadow\n", done.out)
    assert re.fullmatch(r"tiercel: watching \(1 rule, 3 event types, the process tree of \d+\)\n", done.err)


def test_json(rules: Path) -> None:
    (alert,) = tiercel("run", "--json", "-r", rules, "--", *READ_SHADOW).alerts
    assert sorted(alert) == [
        *("hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time"),
    ]
    assert alert["rule"] == "Shadow opened"
    assert alert["output"].endswith(": Warning cat /etc/shadow opened /etc/shadow")


def test_the_packaged_rules_are_the_default() -> None:
    (alert,) = tiercel("run", "--json", "--", *READ_SHADOW).alerts
    assert alert["rule"] == "Sensitive file read"


def test_repeated_alerts_are_limited_and_responses_follow_each(rules: Path) -> None:
    shell = "for i in 1 2 3; do cat /etc/shadow >/dev/null; done"
    response = "responses[]={action: kill, rules: ['*'], dry_run: true}"
    options = ("-o", "alert_limits={window: 600}", "-o", response)
    done = tiercel("run", "--json", "-r", rules, *options, "--", "sh", "-c", shell)
    first, summary = done.alerts
    assert first["rule"] == summary["rule"]
    assert summary["output_fields"]["suppressed.count"] == 2
    assert "suppressed by alert_limits: 2 alerts, reported in 1 summary" in done.err
    assert "3 responses: " in done.err


def test_alerts_to_a_file_are_kept_apart(rules: Path, tmp_path: Path) -> None:
    alerts = tmp_path / "alerts"
    done = tiercel("run", "-r", rules, "--alerts", alerts, "--", "sh", "-c", "cat /etc/shadow >/dev/null; echo hello")
    assert done.out == "hello\n"
    assert "opened /etc/shadow" in alerts.read_text()


def test_alerts_to_a_descriptor_that_the_command_does_not_keep(rules: Path) -> None:
    """The reader of the alerts sees their end, although a process of the command is still running."""
    reader, writer = os.pipe()
    script = "cat /etc/shadow >/dev/null; sleep 30 >/dev/null 2>&1 & exit 0"
    began = time.monotonic()
    with start("run", "-r", rules, "--alerts", f"fd:{writer}", "--", "sh", "-c", script, pass_fds=[writer]) as process:
        os.close(writer)
        with open(reader) as lines:
            assert len(lines.readlines()) == 1
        assert process.wait() == 0
    assert time.monotonic() - began < 25


def test_several_rule_files_are_one_set(rules: Path, tmp_path: Path) -> None:
    local = tmp_path / "local.yaml"
    local.write_text("- rule: Shadow opened\n  output: again\n  override: {output: replace}\n")
    done = tiercel("run", "-r", rules, "-r", local, "--", *READ_SHADOW)
    assert done.out.endswith(": Warning again\n")


def test_configuration(rules: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        f"json_output: on\nrules_files: [{rules}]\njson_include_tags_property: off\ngrpc: {{enabled: on}}\n"
    )
    done = tiercel("run", "-c", config, "-o", "json_include_message_property=true", "--", *READ_SHADOW)
    (alert,) = done.alerts
    assert "tags" not in alert
    assert "without effect: grpc: " in done.err
    assert alert["message"] == "cat /etc/shadow opened /etc/shadow"


def test_what_is_appended(rules: Path) -> None:
    options = ["static_fields.env=prod", "append_output[].extra_output=%toupper(proc.name) in %static.env"]
    options += ["append_output[]={extra_fields: [proc.pname, {note: 'by %proc.pname'}]}"]
    given = [part for option in options for part in ("-o", option)]
    (alert,) = tiercel("run", "--json", "-r", rules, *given, "-p", "at %evt.type", "--", *READ_SHADOW).alerts
    assert alert["output"].endswith(" opened /etc/shadow CAT in prod at openat")
    fields = alert["output_fields"]
    assert (fields["static.env"], fields["note"]) == ("prod", f"by {fields['proc.pname']}")
    assert fields["proc.name"] == "cat"


def test_mistakes_in_what_is_appended(rules: Path) -> None:
    done = tiercel("run", "-r", rules, "-p", "%proc.nmae", "--", "true")
    assert done.status == 2
    assert "append_output[0].extra_output:1:2" in done.err
    assert "did you mean `proc.name`?" in done.err


def test_selections_without_effect_are_mentioned(rules: Path) -> None:
    done = tiercel("run", "-r", rules, "-o", "rules[].disable.rule=Shadwo*", "--", *READ_SHADOW)
    assert "tiercel: nothing to disable: no rule 'Shadwo*'" in done.err.splitlines()
    assert "opened /etc/shadow" in done.out


@pytest.mark.parametrize("option", ["priority=error", "rules[].disable.rule=Shadow*"])
def test_rules_can_be_switched_off(rules: Path, option: str) -> None:
    assert tiercel("run", "-r", rules, "-o", option, "--", *READ_SHADOW).out == ""


def test_paths_as_falco_sees_them(rules: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc/shadow")
    done = tiercel("run", "-r", rules, "-o", "path_matching=requested", "--", "cat", link)
    assert "opened" not in done.out


def test_rules_that_are_all_off_are_mentioned(rules: Path) -> None:
    done = tiercel("run", "-r", rules, "-o", "rules[].disable.rule=*", "--", "true")
    assert done.status == 0
    assert done.err.splitlines()[1] == "tiercel: no rule is enabled: there will be no alerts"


def test_warnings_come_after_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(SHADOW_RULE + "- list: unused\n  items: [x]\n")
    lines = tiercel("run", "-r", path, "--", "true").err.splitlines()
    assert lines[0].startswith("tiercel: watching (")
    assert lines[1].startswith("warning[W")


def test_a_name_with_control_characters_stays_on_its_line(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(SHADOW_RULE.replace("= /etc/shadow", "contains evil"))
    name = tmp_path / "evil\n\x1b[2J\x9b\udc80"
    name.touch()
    done = tiercel("run", "-r", path, "--", "cat", os.fspath(name))
    (line,) = [line for line in done.out.split("\n") if line]
    assert r"evil\n\u001b[2J" in line
    assert "\ufffd" in line
    assert "\x1b" not in line


# --- Exit status ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_the_status_is_the_commands(rules: Path, script: str, status: int) -> None:
    assert tiercel("run", "-r", rules, "--", "sh", "-c", script).status == status


def test_standard_input_is_the_commands(rules: Path) -> None:
    with start("run", "-r", rules, "--", "cat", stdin=subprocess.PIPE) as process:
        assert process.communicate("hello", timeout=60)[0] == "hello"


def test_a_script_without_interpreter_line(rules: Path, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("exit 5\n")
    script.chmod(0o755)
    assert tiercel("run", "-r", rules, "--", script).status == 5


def test_the_arguments_of_the_command_are_its_own(rules: Path) -> None:
    assert tiercel("run", "-r", rules, "--", "echo", "-r", "--", "--json", "-h").out == "-r -- --json -h\n"


@pytest.mark.parametrize(
    ("args", "status", "text"),
    [
        (["--", "no-such-program"], 1, "no-such-program: command not found"),
        (["--", "/etc/passwd"], 1, "/etc/passwd: Permission denied"),
        (["rules.yaml"], 1, "given with -r"),
        (["--alerts", "fd:99", "--", "true"], 1, "file descriptor 99 is not open"),
        (["--alerts", "fd:x", "--", "true"], 2, "not the number of a file descriptor"),
        (["--alerts", "/no/folder/alerts", "--", "true"], 1, "No such file or directory"),
        (["--pid", "4194305"], 1, "no process 4194305"),
        (["--pid", "-3"], 1, "no process -3"),
        (["--cgroup", "/no/group"], 1, "no control group /no/group"),
        (["--pid", "1", "--containers"], 2, "--pid and --containers exclude each other"),
        (["--cgroup", "/", "--", "true"], 2, "--cgroup and COMMAND exclude each other"),
        (["--duration", "soon"], 2, "'soon' is not a number of seconds"),
        (["--duration", "-1"], 2, "not a number of seconds"),
        (["-o", "jsn_output=1"], 2, "did you mean `json_output`?"),
        (["-c", "/no/config.yaml"], 2, "/no/config.yaml: No such file"),
        (["--nonsense"], 2, "--nonsense"),
        (["--pid", "1", "--"], 2, "nothing follows `--`"),
    ],
)
def test_mistakes(args: list[str], status: int, text: str) -> None:
    done = tiercel("run", *args)
    one_clear_message(done, status)
    assert text in done.err


@pytest.mark.parametrize("args", [["run", "--alerts"], ["record"]])
def test_a_fifo_that_no_process_reads_is_an_error(args: list[str], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    done = tiercel(*args, fifo, "--", "true")
    one_clear_message(done, 1)
    assert f"{fifo}: is a FIFO that no process reads" in done.err


def test_alerts_to_a_fifo(rules: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        until = time.monotonic() + 60
        while (done := tiercel("run", "-r", rules, "--alerts", fifo, "--", *READ_SHADOW)).status:  # cat has not begun
            assert "that no process reads" in done.err
            assert time.monotonic() < until
        assert "opened /etc/shadow" in reader.stdout.read()


# --- Duration and signals -------------------------------------------------------------------------------------------


def watching(*args: str | os.PathLike[str]) -> subprocess.Popen[str]:
    """Start a run, and return it once events flow."""
    process = start("run", *args)
    assert first_line(process).startswith("tiercel: watching (")
    return process


def ended(process: subprocess.Popen[str]) -> Done:
    return finish(process, timeout=60)


@pytest.fixture
def sleeper() -> subprocess.Popen[str]:
    """A process that opens a file for each line that it reads."""
    program = "import sys\nfor line in sys.stdin:\n  open(line.strip()).close(); print(flush=True)"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True, bufsize=1)


def opens(process: subprocess.Popen[str], path: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{path}\n")
    process.stdout.readline()


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGQUIT, 0)])
def test_signals_end_it_with_all_alerts_written(
    rules: Path, sleeper: subprocess.Popen[str], signum: signal.Signals, status: int
) -> None:
    with sleeper:
        process = watching("-r", rules, "--json", "--pid", str(sleeper.pid))
        for _ in range(100):
            opens(sleeper, "/etc/shadow")
        process.send_signal(signum)
        done = ended(process)
        sleeper.communicate()
    assert done.status == status
    assert len(done.alerts) == 100
    assert done.err == ""


def test_duration(rules: Path, sleeper: subprocess.Popen[str]) -> None:
    with sleeper:
        began = time.monotonic()
        done = tiercel("run", "-r", rules, "--pid", str(sleeper.pid), "--duration", "1")
        assert 1 <= time.monotonic() - began < 60
        assert done.status == 0
        sleeper.communicate()


def test_it_ends_with_the_process_that_it_watches(rules: Path, sleeper: subprocess.Popen[str]) -> None:
    with sleeper:
        process = watching("-r", rules, "--pid", str(sleeper.pid))
        opens(sleeper, "/etc/shadow")
        sleeper.communicate()
        done = ended(process)
    assert done.status == 0
    assert done.out.count("\n") == 1


def test_a_directed_signal_is_passed_on_to_the_command(rules: Path) -> None:
    script = "trap 'kill $!; exit 9' TERM; sleep 30 & echo ready; wait"
    process = watching("-r", rules, "--", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert ended(process).status == 9


def test_the_end_of_the_duration_asks_the_command_to_end(rules: Path) -> None:
    began = time.monotonic()
    assert tiercel("run", "-r", rules, "--duration", "0.5", "--", "sleep", "60").status == 143
    assert time.monotonic() - began < 30


def test_ctrl_c_at_a_terminal_reaches_the_command_once(rules: Path) -> None:
    """The terminal sends the signal to both; the command decides what it means."""
    program = (
        "import signal, sys, time\n"
        "hits = []\n"
        "signal.signal(signal.SIGINT, lambda *_: hits.append(1))\n"
        "print('ready', flush=True)\n"
        "until = time.monotonic() + 1.5\n"
        "while time.monotonic() < until: time.sleep(0.1)\n"
        "print('hits', len(hits), flush=True)\n"
        "sys.exit(4)\n"
    )
    pid, master = pty.fork()
    if pid == 0:
        argv = command("run", "-r", rules, "--", sys.executable, "-c", program)
        os.execv(argv[0], argv)
    text = read_until(master, "ready")
    os.write(master, b"\x03")
    text += read_until(master, None)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(master)
    assert "tiercel: watching (" in text
    assert "hits 1" in text
    assert status == 4


def test_ctrl_c_at_a_terminal_ends_a_command_that_lets_it(rules: Path) -> None:
    pid, master = pty.fork()
    if pid == 0:
        argv = command("run", "-r", rules, "--", "sleep", "60")
        os.execv(argv[0], argv)
    read_until(master, "watching")
    time.sleep(0.3)
    os.write(master, b"\x03")
    read_until(master, None)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    os.close(master)


def read_until(master: int, word: str | None) -> str:
    """Read from a terminal until a word comes, or the other side has gone."""
    text = ""
    deadline = time.monotonic() + 60
    with contextlib.suppress(OSError):
        while (word is None or word not in text) and time.monotonic() < deadline:
            if select.select([master], [], [], 0.1)[0]:
                text += os.read(master, 4096).decode(errors="replace")
    return text


# --- Outputs that fail ----------------------------------------------------------------------------------------------

REPEATED = "for i in 1 2 3 4 5; do cat /etc/shadow >/dev/null; sleep 0.1; done; exit 6"


def test_a_reader_that_leaves_does_not_end_the_command(rules: Path) -> None:
    with start("run", "-r", rules, "--", "sh", "-c", REPEATED) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "opened /etc/shadow" in process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 6
    assert "the reader has gone" in err
    assert re.search(r"lost: [1-4] alerts? \(output failed\)", err)
    assert "Traceback" not in err


def test_without_a_command_it_ends_when_the_reader_leaves(rules: Path, sleeper: subprocess.Popen[str]) -> None:
    with sleeper:
        process = watching("-r", rules, "--pid", str(sleeper.pid))
        assert process.stdout is not None
        process.stdout.close()
        opens(sleeper, "/etc/shadow")
        assert process.wait(60) == 1
        assert process.stderr is not None
        assert "the reader has gone" in process.stderr.read()
        process.stderr.close()
        sleeper.communicate()


def test_a_full_disk_is_reported(rules: Path) -> None:
    done = tiercel("run", "-r", rules, "--alerts", "/dev/full", "--", *READ_SHADOW)
    assert done.status == 1
    assert "error[E802]: /dev/full: No space left on device" in done.err
    assert "lost: 1 alert (output failed)" in done.err
    script = "cat /etc/shadow >/dev/null; exit 6"
    assert tiercel("run", "-r", rules, "--alerts", "/dev/full", "--", "sh", "-c", script).status == 6


def test_a_full_disk_is_a_failure_without_a_command(rules: Path, sleeper: subprocess.Popen[str]) -> None:
    with sleeper:
        process = watching("-r", rules, "--pid", str(sleeper.pid), "--alerts", "/dev/full")
        opens(sleeper, "/etc/shadow")
        process.send_signal(signal.SIGTERM)
        done = ended(process)
        sleeper.communicate()
    assert done.status == 1
    assert "lost: 1 alert (output failed)" in done.err


def test_losses_are_summed_up_at_the_end(rules: Path) -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9 10; do read line < /etc/shadow; done"
    options = ["-o", "outputs_queue.capacity=1", "-o", "outputs_queue.overflow=drop_newest", "--json"]
    done = tiercel("run", "-r", rules, *options, "--", "sh", "-c", script)
    delivered = [alert for alert in done.alerts if alert["source"] == "syscall"]
    found = re.search(r"lost: (\d+) alerts? \(queue full\)", done.err)
    assert len(delivered) + int(found[1] if found else 0) == 10
    assert len(delivered) == len(done.alerts)
    said = sum(int(number) for number in re.findall(r"warning: (\d+) alerts? lost, because", done.err))
    assert said == 10 - len(delivered)


# --- Scopes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_name", [True, False], ids=["--cgroup", "--containers"])
def test_control_groups_and_containers(rules: Path, by_name: bool) -> None:
    with container_cgroup() as group:
        scope = ["--cgroup", os.fspath(group)] if by_name else ["--containers"]
        process = watching("-r", rules, "--json", *scope)
        for argv in (on_host(["cat", "/etc/shadow"]), on_host(["tail", "/etc/shadow"], group)):
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        process.send_signal(signal.SIGINT)
        done = ended(process)
    seen = [alert["output"] for alert in done.alerts]
    assert any("tail /etc/shadow" in text for text in seen)
    assert not any("cat /etc/shadow" in text for text in seen)
