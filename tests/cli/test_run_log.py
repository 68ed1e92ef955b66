# SPDX-License-Identifier: Apache-2.0
"""Log of the commands that print alerts."""

from __future__ import annotations

import syslog
from collections.abc import Iterator

import pytest

from tiercel import Config, ConfigError, Priority
from tiercel.cli import run_log
from tiercel.cli.alerting import say, say_notice
from tiercel.config.operation_settings import LogSettings
from tiercel.notice import Notice


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    run_log.use_log(LogSettings())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    monkeypatch.setattr(syslog, "syslog", lambda priority, text: found.append((priority, text)))
    return found


def use(*options: str) -> None:
    run_log.use_log(Config.load(options=options).log)


def test_by_default_lines_go_to_standard_error_only(
    capsys: pytest.CaptureFixture[str], sent: list[tuple[int, str]]
) -> None:
    use()
    say("a line\x1b")
    assert capsys.readouterr().err == "tiercel: a line\\x1b\n"
    assert sent == []


def test_syslog_has_levels(capsys: pytest.CaptureFixture[str], sent: list[tuple[int, str]]) -> None:
    use("log_syslog=true", "log_stderr=false")
    say("a line")
    say_notice(Notice("kind", Priority.CRITICAL, "bad\nnews", {}))
    assert capsys.readouterr().err == ""
    assert sent == [(syslog.LOG_INFO, "a line"), (syslog.LOG_CRIT, "critical: bad\\nnews")]


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", 2), ("info", 2), ("informational", 2), ("Warning", 1), ("error", 0), ("emergency", 0)],
)
def test_the_level(capsys: pytest.CaptureFixture[str], level: str, shown: int) -> None:
    use(f"log_level={level}")
    say("a line")
    say_notice(Notice("kind", Priority.WARNING, "news", {}))
    assert capsys.readouterr().err.count("\n") == shown


def test_the_first_line_is_always_printed(capsys: pytest.CaptureFixture[str], sent: list[tuple[int, str]]) -> None:
    use("log_level=error", "log_stderr=false", "log_syslog=true")
    run_log.announce("watching")
    assert capsys.readouterr().err == "tiercel: watching\n"
    assert sent == []


def test_a_wrong_level() -> None:
    with pytest.raises(ConfigError, match="log_level"):
        Config.load(options=["log_level=loud"])
