# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about files, tried for real.  What would change the machine happens in a mount namespace."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.flip import build_flip
from support.watch import private, python, shell, watch_packaged

pytestmark = pytest.mark.kernel

READ, LINK, ETC = "Sensitive file read", "Hard link to a sensitive file", "Write below /etc"
CHANGED = "File name changed during a call"
BINARY, LOG, SETUID = "Write below a binary directory", "Log file cleared", "Set-user-ID bit set"


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/proc/self/root/etc/shadow", "/etc/../etc/gshadow", "/etc/security/../shadow"]
)
def test_sensitive_file_read(path: str) -> None:
    (alert,) = watch_packaged(["cat", path]).of(READ)
    assert alert.fields["fd.name"] in ("/etc/shadow", "/etc/gshadow")
    assert alert.fields["proc.cmdline"] == f"cat {path}"
    assert "file=/etc/" in alert.message


def test_sensitive_file_read_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "harmless"
    link.symlink_to("/etc/shadow")
    (alert,) = watch_packaged(["cat", link]).of(READ)
    assert alert.fields["evt.path_binding"] == "resolved"
    assert alert.fields["fd.name"] == "/etc/shadow"
    assert alert.fields["fd.name_requested"] == str(link)


@pytest.mark.parametrize("argv", [["cat", "/etc/passwd"], ["chage", "-l", "root"], ["test", "-r", "/etc/shadow"]])
def test_ordinary_reading_is_no_alert(argv: list[str]) -> None:
    assert watch_packaged(argv).of(READ) == []


IN_ETC = "mount -t tmpfs none /etc; : > /etc/shadow; : > /etc/other; "


def test_hard_link_to_a_sensitive_file() -> None:
    (alert,) = watch_packaged(private(IN_ETC + "ln /etc/shadow /etc/copy")).of(LINK)
    assert alert.fields["fs.path.target"] == "/etc/shadow"
    assert alert.fields["fs.path.source"] == "/etc/copy"


def test_other_links_are_no_alert() -> None:
    assert watch_packaged(private(IN_ETC + "ln /etc/other /etc/copy; ln -s shadow /etc/copy2")).of(LINK) == []


@pytest.mark.parametrize(
    ("script", "field"),
    [
        ("echo x > /etc/job", "fd.name"),
        ("echo x >> /etc/other", "fd.name"),
        (": > /etc/job.new; mv /etc/job.new /etc/job", "fs.path.target"),
        ("ln -s /tmp/job /etc/job", "fs.path.source"),
    ],
)
def test_write_below_etc(script: str, field: str) -> None:
    alerts = watch_packaged(private(f"mount -t tmpfs none /etc; {script}")).of(ETC)
    assert any(str(alert.fields[field]).startswith("/etc/") for alert in alerts)


def test_the_output_names_both_ends_of_a_rename() -> None:
    alerts = watch_packaged(private("mount -t tmpfs none /etc; : > /etc/new; mv /etc/new /etc/job")).of(ETC)
    assert "file=<NA> source=/etc/new target=/etc/job" in alerts[-1].message


def test_creat_writes_too() -> None:
    code = """
        import ctypes
        assert ctypes.CDLL(None).syscall(85, b"/etc/made", 0o600) >= 0
    """
    alerts = watch_packaged(private('mount -t tmpfs none /etc; exec "$@"', *python(code))).of(ETC)
    assert [alert.fields["evt.type"] for alert in alerts if alert.fields["fd.name"] == "/etc/made"] == ["creat"]


@pytest.mark.parametrize("script", ["cat /etc/passwd >/dev/null", "echo x > /tmp/etc", "! : 2>/dev/null > /etc/none/x"])
def test_reading_and_writing_elsewhere_is_no_alert(script: str) -> None:
    assert watch_packaged(private(f"mount -t tmpfs none /tmp; {script}")).of(ETC) == []


def test_write_below_a_binary_directory() -> None:
    script = (
        "mount -t tmpfs none /usr/local/bin; cp /bin/true /usr/local/bin/ls; mv /usr/local/bin/ls /usr/local/bin/cat"
    )
    outcome = watch_packaged(private(script))
    assert {alert.fields["evt.type"] for alert in outcome.of(BINARY)} >= {"openat"}
    assert {alert.fields["fd.name"] for alert in outcome.of(BINARY)} >= {"/usr/local/bin/ls"}
    assert {alert.fields["fs.path.target"] for alert in outcome.of(BINARY)} >= {"/usr/local/bin/cat"}


def test_running_programs_is_no_alert(tmp_path: Path) -> None:
    outcome = watch_packaged(shell('cp /bin/true "$1/binary"; "$1/binary"; ls /usr/bin >/dev/null', tmp_path))
    assert outcome.of(BINARY) == []


LOGS = "mount -t tmpfs none /var/log; echo x > /var/log/auth.log; echo x > /var/log/mine.log; "


@pytest.mark.parametrize(
    ("script", "field"),
    [
        (": > /var/log/auth.log", "fd.name"),
        ("rm /var/log/auth.log", "fs.path.name"),
        ("mv /var/log/auth.log /var/log/x", "fs.path.source"),
    ],
)
def test_log_file_cleared(script: str, field: str) -> None:
    # The set-up makes the log, which is no clearing: O_CREAT with O_TRUNC on a new file. Only the last alert counts.
    alerts = watch_packaged(private(LOGS + script)).of(LOG)
    assert alerts[-1].fields[field] == "/var/log/auth.log"


@pytest.mark.parametrize("script", ["echo y >> /var/log/auth.log", "cat /var/log/auth.log", ": > /var/log/mine.log"])
def test_using_logs_is_no_alert(script: str) -> None:
    before = len(watch_packaged(private(LOGS)).of(LOG))
    assert len(watch_packaged(private(f"{LOGS} {script} >/dev/null")).of(LOG)) == before


def test_file_name_changed_during_a_call(tmp_path: Path) -> None:
    """On a busy machine, one or two of 100 calls are hit by the change: several attempts."""
    argv = [build_flip(tmp_path), tmp_path, "unlink", "100"]
    alerts = next(filter(None, (watch_packaged(argv).of(CHANGED) for _ in range(20))), [])
    assert alerts
    names = {
        alerts[0].event.params["path"].rpartition("/")[2],
        alerts[0].fields["evt.toctou_names"][0].rpartition("/")[2],
    }
    assert names == {"victim1", "decoy01"}


@pytest.mark.parametrize("mode", ["u+s", "4755"])
def test_setuid_bit_set(tmp_path: Path, mode: str) -> None:
    (alert,) = watch_packaged(shell(': > "$1"; chmod "$2" "$1"', tmp_path / "file", mode)).of(SETUID)
    assert alert.fields["fs.path.name"] == str(tmp_path / "file")
    assert "S_ISUID" in alert.fields["evt.arg.mode"]


def test_other_modes_are_no_alert(tmp_path: Path) -> None:
    script = ': > "$1"; chmod 755 "$1"; chmod g+s "$1"; chmod u+s "$1.none" 2>/dev/null || true'
    assert watch_packaged(shell(script, tmp_path / "file")).of(SETUID) == []
