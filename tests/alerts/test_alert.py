# SPDX-License-Identifier: Apache-2.0
"""Alerts: text, JSON, fields."""

from __future__ import annotations

import copy
import json
import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tiercel.alerts.alert import Alert, AlertEvent, Column, Layout, Shown, Style, hostname
from tiercel.rules.model import Priority

PLAIN = Style()
pytestmark = pytest.mark.usefixtures("utc")

TIME_NS = 1_795_507_624_347_806_549  # 2026-11-24T08:07:04.347806549Z
COLUMNS = (Column("evt.time", "time"), Column("proc.name"), Column("fd.name"), Column("proc.tty"), Column("evt.failed"))


def alert(values: tuple[Any, ...] = ("cat", "/etc/shadow", 0, False), style: Style = PLAIN, **event: Any) -> Alert:
    layout = Layout(
        rule="Sensitive file read",
        priority=Priority.WARNING,
        source="syscall",
        tags=("filesystem", "host"),
        segments=("File read | file=", Shown(2), " by ", Shown(1), " failed=", Shown(4)),
        columns=COLUMNS,
        style=style,
    )
    decoded = AlertEvent(lambda: {"type": "openat", "params": {"fd": 3}, "pid": 7} | event)
    return Alert(layout, (TIME_NS, *values), time_ns=TIME_NS, hostname="box", event=decoded)


def test_attributes() -> None:
    one = alert()
    assert one.rule == "Sensitive file read"
    assert one.priority is Priority.WARNING
    assert not one.is_internal
    assert one.tags == ("filesystem", "host")
    assert (one.source, one.time_ns, one.hostname) == ("syscall", TIME_NS, "box")
    assert one.message == "File read | file=/etc/shadow by cat failed=false"
    assert one.output == f"08:07:04.347806549: Warning {one.message}"
    assert one.fields["fd.name"] == "/etc/shadow"
    assert one.fields["evt.time"] == TIME_NS
    assert one.event.type == "openat"
    assert one.event.params == {"fd": 3}
    assert one.event.header == {"pid": 7}
    assert "Sensitive file read" in repr(one)


def test_fields_are_a_mapping_for_json_that_cannot_be_changed() -> None:
    fields = alert(("\udcff", b"\xff/a", [1, "x"], None)).fields
    assert json.loads(json.dumps(fields)) == fields
    assert dict(fields) == {
        "evt.time": TIME_NS,
        "proc.name": "\udcff",
        "fd.name": "\udcff/a",
        "proc.tty": [1, "x"],
        "evt.failed": None,
    }
    assert os.fsencode(fields["fd.name"]) == b"\xff/a"
    before = dict(fields)
    changes: tuple[Callable[[Any], object], ...] = (
        lambda found: found.update(a=1),
        lambda found: found.__setitem__("a", 1),
        lambda found: found.__delitem__("fd.name"),
        lambda found: found.__ior__({"a": 1}),
        lambda found: found.setdefault("a", 1),
        lambda found: found.pop("fd.name"),
        lambda found: found.popitem(),
        lambda found: found.clear(),
    )
    for change in changes:
        with pytest.raises(TypeError, match="cannot be changed"):
            change(fields)
    assert fields == before


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_alerts_can_be_pickled_and_copied(protocol: int) -> None:
    one = alert()
    _ = one.fields, one.message
    for again in (pickle.loads(pickle.dumps(one, protocol)), copy.deepcopy(one)):
        assert again.to_json() == one.to_json()
        assert again.fields == one.fields
        assert (again.event.type, again.event.params) == (one.event.type, one.event.params)
        assert again.event.header == one.event.header


def test_json_has_falcos_keys_sorted() -> None:
    text = alert().to_json()
    keys = ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time"]
    assert list(json.loads(text)) == keys
    assert json.loads(text) == alert().to_dict() == {
        "hostname": "box",
        "output": "08:07:04.347806549: Warning File read | file=/etc/shadow by cat failed=false",
        "output_fields": {
            "evt.time": TIME_NS,
            "proc.name": "cat",
            "fd.name": "/etc/shadow",
            "proc.tty": 0,
            "evt.failed": False,
        },
        "priority": "Warning",
        "rule": "Sensitive file read",
        "source": "syscall",
        "tags": ["filesystem", "host"],
        "time": "2026-11-24T08:07:04.347806549Z",
    }  # fmt: skip
    assert list(json.loads(text)["output_fields"]) == sorted(column.key for column in COLUMNS)


def test_parts_of_the_json_can_be_left_out() -> None:
    bare = alert(style=Style(json_output=False, json_message=True, json_fields=False, json_tags=False)).to_dict()
    assert sorted(bare) == ["hostname", "message", "priority", "rule", "source", "time"]
    assert bare["message"].startswith("File read")


def test_iso_time() -> None:
    assert alert(style=Style(iso_time=True)).output.startswith("2026-11-24T08:07:04.347806549+0000: Warning ")


def test_what_is_missing() -> None:
    one = alert(values=(None, None, None, None))
    assert one.message == "File read | file=<NA> by <NA> failed=<NA>"
    assert one.to_dict()["output_fields"]["fd.name"] is None
    assert one.fields["fd.name"] is None


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\u001b[31m"),
        ('say "x"\\', r"say \"x\"\\"),
        ("\x7f\x9b31m", r"\u007f\u009b31m"),
        ("a\u2028b\u202ec", r"a\u2028b\u202ec"),
        ("zwölf €", "zwölf €"),
        ("bad\udc80utf", "bad\ufffdutf"),
        ("\udce2\udc82", "\ufffd"),
        ("\udcff\udcfe", "\ufffd\ufffd"),
    ],
)
def test_nothing_in_a_name_breaks_the_line(name: str, printed: str) -> None:
    one = alert(values=("cat", name, 0, False))
    assert f"file={printed} by" in one.to_text()
    assert len(one.to_text().splitlines()) == 1
    assert len(one.to_json().splitlines()) == 1
    one.to_json().encode()
    assert json.loads(one.to_json())["output_fields"]["fd.name"] == os.fsencode(name).decode("utf-8", "replace")
    assert one.fields["fd.name"] == name


def made(*columns: Column, values: tuple[Any, ...], **others: Any) -> Alert:
    """Return an alert whose message shows every value."""
    segments: list[str | Shown] = []
    for number in range(len(columns)):
        segments += [" " * (number > 0), Shown(number)]
    layout = Layout("r", Priority.DEBUG, "syscall", (), tuple(segments), columns, **others)
    return Alert(layout, values, time_ns=TIME_NS, hostname="", event=AlertEvent(dict))


@pytest.mark.parametrize(
    ("value", "fmt", "text", "in_json"),
    [
        (255, "hex", "FF", "FF"),
        (-1, "hex", "FFFFFFFF", "FFFFFFFF"),
        (-(2**40), "hex", "FFFFFF0000000000", "FFFFFF0000000000"),
        (8, "oct", "10", "10"),
        (7, "padded", "000000007", 7),
        (-5, "id", "-5", -5),
        (2**64 - 1, "dec", "18446744073709551615", 2**64 - 1),
        (True, "dec", "true", True),
        (False, "dec", "false", False),
        (0.25, "dec", "0.2", 0.25),
        (3.0, "dec", "3.0", 3.0),
        (float("nan"), "dec", "nan", None),
        ("", "dec", "", ""),
        (None, "dec", "<NA>", None),
        ([], "dec", "<NA>", None),
        ((), "dec", "<NA>", None),
        (["x", 1, True], "dec", "(x,1,true)", ["x", "1", "true"]),
        ([""], "dec", "()", [""]),
        ("127.0.0.1", "dec", "127.0.0.1", "127.0.0.1"),
        (b"GET /\r\n\xff", "dec", "GET /...", "GET /..."),
        (b"", "dec", "", ""),
        (b"GET \xff", "base64", "R0VUIP8=", "R0VUIP8="),
        (TIME_NS, "time", "08:07:04.347806549", TIME_NS),
        (TIME_NS, "time_s", "08:07:04", TIME_NS),
        (TIME_NS, "iso", "2026-11-24T08:07:04.347806549+0000", TIME_NS),
        (TIME_NS, "datetime", "2026-11-24 08:07:04.347806549", TIME_NS),
        (TIME_NS, "datetime_s", "2026-11-24 08:07:04", TIME_NS),
        (5, "none", "<NA>", 5),
    ],
)
def test_values(value: Any, fmt: str, text: str, in_json: Any) -> None:
    one = made(Column("a", fmt), values=(value,))
    assert one.message == text
    shown = json.loads(one.to_json())["output_fields"]["a"]
    assert (shown, type(shown)) == (in_json, type(in_json))


def test_long_lists_are_cut_as_falco_does() -> None:
    one = made(Column("a"), values=(["xy", *["ä" * 10] * 60],))
    assert len(one.message.encode()) == 1022  # the last character has no room
    assert one.message.startswith("(xy,ääää")
    assert len(one.to_dict()["output_fields"]["a"]) == 61


def test_results_of_transformers_are_in_the_text_only() -> None:
    one = made(Column("toupper(proc.name)", listed=False), Column("proc.name"), values=("CAT", "cat"))
    assert one.message == "CAT cat"
    assert dict(one.fields) == one.to_dict()["output_fields"] == {"proc.name": "cat"}


def test_extra_fields_are_texts() -> None:
    one = made(Column("evt.num"), values=(5,), extras=(("note", ("number ", Shown(0), "!")), ("evt.num", ("five",))))
    assert one.message == "5"
    assert one.to_dict()["output_fields"] == {"evt.num": "five", "note": "number 5!"}
    assert one.fields["note"] == "number 5!"


def test_it_cannot_be_changed() -> None:
    one = alert()
    for name in ("rule", "output", "anything"):
        with pytest.raises(AttributeError):
            setattr(one, name, "x")
    with pytest.raises(TypeError):
        one.fields["fd.name"] = "x"  # type: ignore[index]


def test_the_event_is_decoded_once_and_only_if_asked_for() -> None:
    calls = []
    event = AlertEvent(lambda: calls.append(1) or {"type": "openat", "params": {}})  # type: ignore[func-returns-value]
    one = Alert(alert()._layout, (TIME_NS, "", "", 0, True), time_ns=TIME_NS, hostname="", event=event)
    one.to_json()
    assert calls == []
    assert (one.event.type, one.event.type, calls) == ("openat", "openat", [1])


def test_the_hostname_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hostname()
    monkeypatch.setenv("FALCO_HOSTNAME", "elsewhere")
    assert hostname() == "elsewhere"


def test_priorities_are_ordered() -> None:
    assert sorted(Priority)[0] is Priority.EMERGENCY
    assert alert().priority <= Priority.WARNING
