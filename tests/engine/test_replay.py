# SPDX-License-Identifier: Apache-2.0
"""Rules over captures: an iterator that reads as it goes, closes its file, and says what is damaged."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from support import scapfile
from support.descriptors import none_left

from tiercel import Replay, Ruleset, SourceError, replay
from tiercel.errors import CaptureError

RULES = Ruleset.loads("""
- rule: Opened
  desc: d
  condition: evt.type = openat and evt.rawres >= 0
  output: "%evt.num %proc.name %fd.name %user.name"
  priority: WARNING
- rule: Opened in etc
  desc: d
  condition: evt.type = openat and fd.name startswith /etc/
  output: "%fd.name"
  priority: ERROR
""")


def opened(fd: int, name: str, *, at: int = 0) -> bytes:
    return scapfile.call("openat", fd, -100, name, 1, 0, 0, 7, ts=scapfile.START + at)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.scap"
    file.write_bytes(scapfile.capture(opened(3, "/etc/passwd"), opened(-2, "gone", at=1), opened(4, "notes", at=2)))
    return file


def messages(alerts: Replay) -> list[str]:
    return [alert.message for alert in alerts]


def test_alerts_in_order(path: Path) -> None:
    alerts = replay(path, RULES)
    assert messages(alerts) == ["1 bash /etc/passwd root", "3 bash /root/notes root"]
    stats = alerts.stats()
    assert (stats.events, stats.alerts, stats.lossless) == (3, 2, True)
    assert stats.matches == {"Opened": 2}


def test_all_rules(path: Path) -> None:
    rules = [alert.rule for alert in replay(path, RULES, rule_matching="all")]
    assert rules == ["Opened", "Opened in etc", "Opened"]


def test_alerts_have_the_time_and_the_event_of_the_capture(path: Path) -> None:
    alert = next(replay(path, RULES))
    assert alert.time_ns == scapfile.START
    assert alert.event.type == "openat"
    assert alert.event.params["name"] == "/etc/passwd"
    assert alert.event.header["pid"] == 100
    assert alert.fields["evt.path_binding"] == "requested"


def test_an_end_by_time(path: Path) -> None:
    """The end is exclusive, and alerts after it are not counted."""
    with none_left():
        alerts = replay(path, RULES, until_ns=scapfile.START + 2)
        assert messages(alerts) == ["1 bash /etc/passwd root"]
    assert alerts.stats().matches == {"Opened": 1}
    assert messages(replay(path, RULES, until_ns=scapfile.START)) == []
    assert len(messages(replay(path, RULES, until_ns=scapfile.START + 3))) == 2


def test_compressed(path: Path) -> None:
    compressed = path.with_suffix(".scap.gz")
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    assert messages(replay(compressed, RULES)) == messages(replay(path, RULES))


def test_left_early(path: Path) -> None:
    with none_left(), replay(path, RULES) as alerts:
        next(alerts)
    assert list(alerts) == []


def test_closed_at_the_end(path: Path) -> None:
    with none_left():
        alerts = replay(path, RULES)
        list(alerts)
    assert list(alerts) == []


def test_cut_off(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    alerts = replay(path, RULES)
    assert next(alerts).message == "1 bash /etc/passwd root"
    with pytest.raises(CaptureError) as caught:
        list(alerts)
    assert str(path) in str(caught.value)
    assert caught.value.offset == len(data) - len(opened(4, "notes"))
    assert list(alerts) == []


def test_a_param_of_a_wrong_length_is_left_out_and_told(tmp_path: Path) -> None:
    start = scapfile.capture()
    wrong = scapfile.call("openat", b"\3\0", -100, "/etc/shadow", 1, 0, 0, 7)
    path = tmp_path / "wrong.scap"
    path.write_bytes(start + wrong + opened(3, "/etc/passwd"))
    alerts = replay(path, RULES)
    assert next(alerts).fields["fd.name"] == "/etc/passwd"
    with pytest.raises(CaptureError) as caught:
        next(alerts)
    assert caught.value.code == "E707"
    assert caught.value.offset == len(start)
    assert "param `fd` of openat" in caught.value.text
    assert alerts.stats().malformed == 1


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        replay(tmp_path / "none.scap", RULES)
    assert caught.value.code == "E701"
    with pytest.raises(SourceError) as caught:
        replay(tmp_path, RULES)
    assert caught.value.code == "E701"


def test_users_of_this_machine_are_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.scap"
    tables = scapfile.threads({"tid": 1}, {"tid": 100, "comm": "bash", "uid": 33})
    path.write_bytes(scapfile.section() + scapfile.machine() + tables + opened(3, "/x"))
    (alert,) = replay(path, RULES)
    assert alert.message == "1 bash /x <NA>"


def test_long_data_is_cut_and_counted(tmp_path: Path) -> None:
    rules = Ruleset.loads("[{rule: R, desc: d, condition: evt.type = openat, output: '%evt.args', priority: INFO}]")
    path = tmp_path / "long.scap"
    path.write_bytes(scapfile.capture(scapfile.call("openat", 3, -100, "/" + "x" * 65_400, 1, 0, 0, 7)))
    alerts = replay(path, rules)
    (alert,) = alerts
    assert alert.event.header["truncated"]
    assert alerts.stats().truncated["events"] == 1
