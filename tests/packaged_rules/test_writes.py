# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about whole directories, tried for real in a mount namespace."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.watch import private, python, shell, watch_packaged

pytestmark = pytest.mark.kernel

ETC, BINARY, CERTIFICATE = "Write below /etc", "Write below a binary directory", "Trusted certificate changed"


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


STORE = "mount -t tmpfs none /etc/ssl/certs; : > /etc/ssl/certs/evil.pem; ln -s evil.pem /etc/ssl/certs/0a0b0c0d.0"


def test_trusted_certificate_changed() -> None:
    outcome = watch_packaged(private(STORE))
    assert [alert.fields["evt.type"] for alert in outcome.of(CERTIFICATE)][:1] == ["openat"]
    assert outcome.of(CERTIFICATE)[-1].fields["fs.path.source"] == "/etc/ssl/certs/0a0b0c0d.0"
    assert outcome.of(ETC) == []


def test_host_keys_by_ssh_keygen_are_no_alert() -> None:
    assert watch_packaged(private("mount -t tmpfs none /etc/ssh; ssh-keygen -q -A")).of(ETC) == []
