# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about files, tried for real.  What would change the machine happens in a mount namespace."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.flip import build_flip
from support.watch import private, shell, watch_packaged

pytestmark = pytest.mark.kernel

READ, LINK, ARCHIVE = "Sensitive file read", "Hard link to a sensitive file", "Sensitive file archived"
CHANGED = "File name changed during a call"
LOG, SETUID = "Log file cleared", "Set-user-ID bit set"


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


def test_sensitive_file_archived(tmp_path: Path) -> None:
    outcome = watch_packaged(["tar", "cf", tmp_path / "a.tar", "/etc/shadow", "/etc/hosts"])
    (alert,) = outcome.of(ARCHIVE)
    assert alert.fields["fd.name"] == "/etc/shadow"
    assert outcome.of(READ) == []


IN_ETC = "mount -t tmpfs none /etc; : > /etc/shadow; : > /etc/other; "


def test_hard_link_to_a_sensitive_file() -> None:
    (alert,) = watch_packaged(private(IN_ETC + "ln /etc/shadow /etc/copy")).of(LINK)
    assert alert.fields["fs.path.target"] == "/etc/shadow"
    assert alert.fields["fs.path.source"] == "/etc/copy"


def test_other_links_are_no_alert() -> None:
    assert watch_packaged(private(IN_ETC + "ln /etc/other /etc/copy; ln -s shadow /etc/copy2")).of(LINK) == []


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
