# SPDX-License-Identifier: Apache-2.0
"""Conversion of old events: Falco's own cases, every rule of the table, and further cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiercel._core.api.capture_reader import EventConverter
from tiercel.schema.converter import RULES, Rule
from tiercel.schema.events import EVENTS
from tiercel.schema.old_events import CODES, OLD_EVENTS, UNUSED_CODES
from tiercel.schema.types import ValueType

Event = tuple[int, int, int, int, int, tuple[bytes, ...]]

TYPES = {event.code: tuple(param.type for param in event.params) for event in EVENTS if event.code < CODES}
TYPES |= {event.code: event.types for event in OLD_EVENTS}
VERDICTS = {"pass": "pass", "continue": "again", "drop": "drop", "error": "error"}
SHOWN = {event.code for event in EVENTS} | {292, 330}
"""Codes that the converter passes: current ones, and two enter events that the replay state reads."""

CLOSE_E, CLOSE_X, BPF_E, BPF_X, CONTAINER_E = 4, 5, 296, 297, 228


def size(vtype: ValueType) -> int:
    """Bytes of a value, 0 if they differ."""
    return 0 if vtype.is_ref or vtype.is_path else vtype.size


def encoded(value: object, vtype: ValueType | None) -> bytes:
    """The bytes of a value of the vectors."""
    if isinstance(value, str):
        return value.encode() + b"\0"
    if isinstance(value, dict):
        return bytes.fromhex(value.get("hex", ""))
    if value is None:
        return b""
    assert isinstance(value, int)
    assert vtype is not None
    return (value % (1 << 8 * size(vtype))).to_bytes(size(vtype), "little")


def event(row: dict[str, Any]) -> Event:
    types = TYPES.get(row["code"], ())
    values = [encoded(value, types[index] if index < len(types) else None) for index, value in enumerate(row["params"])]
    return row["ts"], row["tid"], row["code"], 0, 0, tuple(values)


def make(code: int, *params: bytes, tid: int = 7) -> Event:
    return 1, tid, code, 0, 0, params


def run(steps: list[dict[str, Any]]) -> None:
    converter = EventConverter()
    for step in steps:
        if "convert" in step:
            verdict, got = converter.step(event(step["convert"]))
            assert verdict == VERDICTS[step["result"]]
        elif "convert_fully" in step:
            verdict, got = converter.convert(event(step["convert_fully"]))
            assert verdict == "pass"
        elif "convertibility" in step:
            verdict, got = converter.convert(event(step["convertibility"]))
            assert verdict == VERDICTS[step["result"]]
        else:
            got = converter.stored(step["stored_for_tid"])
        if "event" in step:
            assert got == event(step["event"])


def outcome(case: dict[str, Any]) -> str | None:
    try:
        run(case["steps"])
    except AssertionError as error:
        return f"{case['name']}: {error}"
    return None


@pytest.mark.shared
def test_falcos_cases(shared_dir: Path) -> None:
    cases = json.loads((shared_dir / "spec/vectors/scap_converter.json").read_text())["tests"]
    assert len(cases) == 334
    assert [problem for case in cases if (problem := outcome(case))] == []


@pytest.mark.shared
def test_rules_are_falcos(shared_dir: Path) -> None:
    """The list made from Falco's table lacks one rule, which Falco's own cases have."""
    actions = {"add_params": "add", "change_type": "change"}
    ours = {(rule.code, rule.nparams): rule for rule in RULES}
    for row in json.loads((shared_dir / "spec/converter.json").read_text()):
        rule = ours.pop((row["code"], row["nparams"]))
        assert rule.action == actions.get(row["action"], row["action"])
        assert rule.target == (row["to_code"] if rule.action == "change" else None)
        assert [(source.kind, source.param) for source in rule.sources] == [
            (kind(instr), instr.get("param", 0)) for instr in row.get("instrs", ())
        ]
    assert list(ours) == [(BPF_X, 1)]


def kind(instr: dict[str, str]) -> str:
    if instr["op"] == "enter" and "fallback" in instr:
        return "enter_or_empty"
    return {"callback": "container"}.get(instr["op"], instr["op"])


@pytest.mark.shared
def test_old_events_are_falcos(shared_dir: Path) -> None:
    rows = {row["code"]: row for row in json.loads((shared_dir / "spec/events.json").read_text())}
    assert len(rows) == CODES
    old = {code for code, row in rows.items() if "EF_OLD_VERSION" in row["flags"]}
    assert {event.code for event in OLD_EVENTS} == old
    assert {code for code, row in rows.items() if "EF_UNUSED" in row["flags"]} == UNUSED_CODES
    for event in OLD_EVENTS:
        names = [param["type"].removeprefix("PT_") for param in rows[event.code]["params"]]
        assert [vtype.name for vtype in event.types] == [
            "CHARBUFARRAY" if name == "CHARBUF_PAIR_ARRAY" else name for name in names
        ]
    managed = {code for code, row in rows.items() if "EF_CONVERTER_MANAGED" in row["flags"]}
    assert {rule.code for rule in RULES} == managed


def test_every_code_is_known_once() -> None:
    current = {event.code for event in EVENTS if event.code < CODES}
    old = {event.code for event in OLD_EVENTS}
    assert sorted([*current, *old, *UNUSED_CODES]) == list(range(CODES))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.nparams}")
def test_rules_fit_their_events(rule: Rule) -> None:
    """Every source names an existing param, and the result is no longer than the target."""
    target = TYPES[rule.target if rule.target is not None else rule.code]
    assert rule.nparams <= len(TYPES[rule.code])
    added = rule.nparams if rule.action == "add" else 0
    assert added + len(rule.sources) <= len(target)
    for source in rule.sources:
        if source.kind in ("old", "tail"):
            assert source.param < rule.nparams
        if source.kind.startswith("enter"):
            assert source.param < len(TYPES[rule.code - 1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.nparams}")
def test_conversion_ends_in_a_current_event(rule: Rule) -> None:
    """Fixed-size params of an event of any age have their size, or are empty."""
    converter = EventConverter()
    params = [b"\1" * (size(vtype) or 3) for vtype in TYPES[rule.code][: rule.nparams]]
    verdict, got = converter.convert(make(rule.code, *params))
    if got is None:
        assert verdict == "drop"
        assert rule.code % 2 == 0
    else:
        assert verdict == "pass"
        types = TYPES[got[2]]
        assert got[2] in SHOWN
        assert len(got[5]) == len(types)
        assert all(len(value) in (0, size(vtype)) for value, vtype in zip(got[5], types, strict=True) if size(vtype))


def test_bpf_keeps_the_descriptor_without_its_tag() -> None:
    converter = EventConverter()
    tagged = b"\0" + (9).to_bytes(8, "little")
    converter.convert(make(BPF_E, (0x11223344556677).to_bytes(8, "little")))
    assert converter.convert(make(BPF_X, tagged)) == (
        "pass",
        make(369, (9).to_bytes(8, "little"), bytes.fromhex("77665544")),
    )


def test_containers_become_json() -> None:
    converter = EventConverter()
    params = (b"abc\0", (7).to_bytes(4, "little"), b'a "name"\n\0', b"\xffimage\0")
    verdict, got = converter.convert(make(CONTAINER_E, *params))
    assert verdict == "pass"
    assert got == make(324, b'{"id":"abc","type":7,"name":"a \\"name\\"\\u000a","image":"\xffimage"}\0')
    verdict, got = converter.convert(make(CONTAINER_E, b"", b"", b"", b""))
    assert got == make(324, b'{"id":"","type":0,"name":"","image":""}\0')


def test_an_enter_event_of_another_call_counts_as_missing() -> None:
    """Falco gives up the whole capture here; the reader continues as if the enter event was lost."""
    converter = EventConverter()
    converter.convert(make(6, b"\3" * 8, b"\4" * 4))
    assert converter.convert(make(CLOSE_X, b"\0" * 8)) == ("pass", make(CLOSE_X, b"\0" * 8, b"\0" * 8))
    assert converter.stored(7) is not None


def test_an_enter_event_is_used_once() -> None:
    converter = EventConverter()
    converter.convert(make(CLOSE_E, b"\3" * 8))
    assert converter.convert(make(CLOSE_X, b"\0" * 8))[1] == make(CLOSE_X, b"\0" * 8, b"\3" * 8)
    assert converter.stored(7) is None
    assert converter.convert(make(CLOSE_X, b"\0" * 8))[1] == make(CLOSE_X, b"\0" * 8, b"\0" * 8)


def test_threads_do_not_share_enter_events() -> None:
    converter = EventConverter()
    for tid in range(1000):
        converter.convert(make(CLOSE_E, tid.to_bytes(8, "little"), tid=tid))
    for tid in range(1000):
        _, got = converter.convert(make(CLOSE_X, b"\0" * 8, tid=tid))
        assert got == make(CLOSE_X, b"\0" * 8, tid.to_bytes(8, "little"), tid=tid)


def test_the_table_of_enter_events_is_bounded() -> None:
    """The oldest threads are evicted; the others keep their events."""
    converter = EventConverter()
    for tid in range(70_000):
        converter.convert(make(CLOSE_E, tid.to_bytes(8, "little"), tid=tid))
    waiting = [tid for tid in range(70_000) if converter.stored(tid) is not None]
    assert waiting == list(range(70_000 - 65_536, 70_000))
    assert converter.stats()["evicted"] == 70_000 - 65_536
    missed = converter.convert(make(CLOSE_X, b"\0" * 8, tid=0))
    assert missed == ("pass", make(CLOSE_X, b"\0" * 8, b"\0" * 8, tid=0))
    assert converter.stats() == {"converted": 1, "stored": 70_000, "unused": 0, "missed": 1, "evicted": 70_000 - 65_536}


def test_an_enter_event_that_was_used_is_no_loss_when_its_place_is_taken() -> None:
    converter = EventConverter()
    for tid in range(65_536 + 10):
        converter.convert(make(CLOSE_E, tid.to_bytes(8, "little"), tid=tid))
        if tid % 2:
            converter.convert(make(CLOSE_X, b"\0" * 8, tid=tid))
    assert converter.stats()["evicted"] == 5


def test_long_enter_events_are_bounded_in_bytes() -> None:
    converter = EventConverter()
    for tid in range(2000):
        converter.convert(make(6, b"\3" * 8, b"\4" * 60_000, tid=tid))
    waiting = [tid for tid in range(2000) if converter.stored(tid) is not None]
    assert 1000 < len(waiting) < 1200
    assert waiting[-1] == 1999
    assert converter.stats()["evicted"] == 2000 - len(waiting)


def test_too_many_params_are_an_error() -> None:
    converter = EventConverter()
    assert converter.convert(make(CLOSE_X, b"", b"", b"")) == ("error", None)
    assert converter.convert(make(CLOSE_E)) == ("error", None)
    with pytest.raises(ValueError, match="33 params"):
        converter.convert(make(CLOSE_E, *[b""] * 33))
