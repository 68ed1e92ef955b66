# SPDX-License-Identifier: Apache-2.0
"""Injected cases as rules see them: each becomes a capture, and its expectations of fields become rules.

A rule checks one expectation of one event: the whole way is tried, from the bytes of a capture to the text of an alert.
"""

from __future__ import annotations

import functools
import json
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

import tiercel
from support import scapfile
from support.injection import Run, encode, words
from support.injection_views import Unknown
from tiercel.errors import RulesError

Json = Any

ENTERS = (292, 330)
BETWEEN = " -=- "
RULE_EXPECTATIONS = ("field", "has_value", "filter", "fields_equal")
PARAM = re.compile(r'evt\[(\d+)\]\.get_param(?:_by_name|_value_str)?\((?:"(\w+)"|(\d+))\)(.*)')
FORMAT = re.compile(r"format\[(\d+)\]\.(.*)")


# --- The capture ------------------------------------------------------------------------------------------------------


def _is_kept(row: Json) -> bool:
    """Return whether a capture's reader returns the event: of enter events of calls, only the ones with a program."""
    return row["current"] or row["code"] in ENTERS


def capture_of(case: Json, events: dict[int, Json]) -> bytes:
    """Return the events of a case, up to its end, as a capture."""
    blocks = [scapfile.section(), scapfile.machine()]
    for step in case["steps"]:
        if "thread" in step:
            blocks.append(_thread(step["thread"]))
            if step["fds"]:
                blocks.append(scapfile.files(step["thread"]["tid"], *((fd["fd"], fd["fname"]) for fd in step["fds"])))
        elif "event" in step:
            if step.get("async") or step.get("queued_only"):
                raise Unknown("an event that is not simply read")
            row = events[step["code"]]
            if not _is_kept(row):
                continue
            params = [encode(param["type"], value) for param, value in zip(row["params"], step["params"], strict=False)]
            params += [b""] * (len(row["params"]) - len(params))
            blocks.append(scapfile.event(step["code"], params, tid=step["tid"], ts=step["ts"], cpu=1))
        elif "set_state" in step or "call" in step or "setenv" in step:
            raise Unknown("a case that changes the state by hand")
    return b"".join(blocks)


def _thread(entry: Json) -> bytes:
    texts = {name: entry[name] for name in ("comm", "exe", "exepath", "cwd", "root")}
    lists = {name: words(entry[name]) for name in ("args", "env", "cgroups")}
    names = (
        *("tid", "pid", "ptid", "sid", "vpgid", "vtid", "vpid", "uid", "gid", "loginuid", "tty", "fdlimit", "flags"),
        *("vmsize_kb", "vmrss_kb", "vmswap_kb", "pfmajor", "pfminor"),
        *("cap_inheritable", "cap_permitted", "cap_effective"),
        *("exe_writable", "exe_upper_layer", "exe_lower_layer", "exe_from_memfd"),
    )
    return scapfile.threads({**texts, **lists, **{name: entry[name] for name in names}})


# --- The questions ----------------------------------------------------------------------------------------------------


def _numbers(case: Json, events: dict[int, Json]) -> dict[int, int]:
    """Return the number of each event in the capture by its number in the case; 0 is the last one so far."""
    kept = [step["event"] for step in case["steps"] if "event" in step and _is_kept(events[step["code"]])]
    return {event: number for number, event in enumerate(kept, 1)}


def _number(numbers: dict[int, int], last: int, event: int) -> int:
    """Return the number of the event that is meant: the last one so far, as Falco's engine has one event at a time."""
    return numbers.get(last) or numbers.get(event, 0)


def _condition(step: Json, number: Callable[[int], int]) -> str:
    if step["expect"] == "has_value":
        return f"evt.num = {number(step['evt'])} and {step['field']} exists"
    if step["expect"] == "filter":
        return f"evt.num = {number(step['evt'])} and ({step['filter']})"
    if step["expect"] == "fields_equal":
        return f"evt.num = {number(step['a']['evt'])}"
    return f"evt.num = {number(step['evt'])}"


def _output(step: Json) -> str:
    if step["expect"] == "field":
        return f"%{step['field']}"
    if step["expect"] == "fields_equal":
        return f"%{step['a']['field']}{BETWEEN}%{step['b']['field']}"
    return "-"


def _rule(number: int, condition: str, output: str) -> Json:
    return {"rule": f"r{number}", "desc": "-", "condition": condition, "output": output, "priority": "DEBUG"}


def loads(rules: Sequence[Json]) -> tiercel.Ruleset:
    return tiercel.Ruleset.loads(yaml.safe_dump(list(rules), allow_unicode=True, width=10**6))


class Answers:
    """The alerts of a case, by rule: their texts and their fields."""

    def __init__(self, path: Path, rules: Sequence[Json]) -> None:
        self.texts: dict[str, str] = {}
        self.fields: dict[str, dict[str, Json]] = {}
        for alert in tiercel.replay(path, loads(rules), path_matching="requested", rule_matching="all"):
            found = re.fullmatch(r"\S+ \w+ (.*)", alert.output, re.DOTALL)
            assert found is not None
            self.texts[alert.rule] = found[1]
            self.fields[alert.rule] = dict(alert.fields)


class Questions:
    """The expectations of one case of rules, of messages and of params."""

    def __init__(self, case: Json, events: dict[int, Json], path: Path) -> None:
        self.path = path
        self.case = case
        self.events = events
        self.rules: dict[int, Json] = {}  # by the number of the step
        self.formats: dict[int, int] = {}  # number of a message -> of its step
        self.params: list[tiercel.CaptureEvent] | None = None
        self.answers: Answers | None = None
        numbers, last = _numbers(case, events), 0
        for number, step in enumerate(case["steps"]):
            if "event" in step:
                last = step["event"]
            if "fmt" in step:
                self.formats[step["format"]] = number
                if not step.get("throws"):
                    self.rules[number] = _rule(number, f"evt.num = {numbers.get(step['evt'] or last)}", step["fmt"])
            elif step.get("expect") in RULE_EXPECTATIONS:
                found = functools.partial(_number, numbers, last)
                self.rules[number] = _rule(number, _condition(step, found), _output(step))

    def steps(self) -> Iterator[tuple[Json, Callable[[], None]]]:
        """Yield what the case expects, each with what asserts it."""
        for number, step in enumerate(self.case["steps"]):
            if step.get("throws") and "fmt" in step:
                yield step, lambda step=step: compiles(_rule(0, "evt.num = 1", step["fmt"]), False)  # type: ignore[misc]
            elif step.get("expect") == "compiles":
                yield step, lambda step=step: compiles(_rule(0, step["filter"], "-"), step["value"])  # type: ignore[misc]
            elif step.get("expect") in RULE_EXPECTATIONS:
                yield step, lambda number=number, step=step: self.rule(number, step)  # type: ignore[misc]
            elif step.get("expect") == "state" and FORMAT.match(step["path"]):
                yield step, lambda step=step: self.message(step)  # type: ignore[misc]
            elif step.get("expect") == "state" and PARAM.match(step["path"]):
                yield step, lambda step=step: self.param(step)  # type: ignore[misc]

    def of(self, number: int) -> Answers:
        """Return the answers to one question; where some rule does not load, it is evaluated alone."""
        if not self.path.exists():
            self.path.write_bytes(capture_of(self.case, self.events))
        if self.answers is None:
            try:
                self.answers = Answers(self.path, list(self.rules.values()))
            except RulesError:
                return Answers(self.path, [self.rules[number]])
        return self.answers

    def state_at(self, number: int) -> Run:
        """Return the state after the steps before that one."""
        run = Run(self.events, self.case)
        for at, (_, does) in enumerate(run.steps()):
            if at == number:
                break
            does()
        return run

    def rule(self, number: int, step: Json) -> None:
        if step.get("value") in ("throws", "no_throw"):
            compiles(self.rules[number], step["value"] == "no_throw")
            return
        text = self.of(number).texts.get(self.rules[number]["rule"])
        kind = step.get("expect")
        if kind == "field":
            value = step["value"]
            if isinstance(value, dict) and "hex" in value:
                value = bytes.fromhex(value["hex"]).decode("utf-8", "surrogateescape")
            elif isinstance(value, dict):
                value = str(self.state_at(number).operand(value))
            assert text == value, self.rules[number]["output"]
        elif kind == "fields_equal":
            assert text is not None, self.rules[number]["condition"]
            left, _, right = text.partition(BETWEEN)
            assert left == right
        else:
            assert (text is not None) == step["value"], self.rules[number]["condition"]

    def message(self, step: Json) -> None:
        """Check the expectations of a message: its text, its fields.

        Falco itself lists the plain field inside a transformer, not its result, so the names that such cases expect
        are not compared; where a case wants JSON, the fields are compared.
        """
        found = FORMAT.match(step["path"])
        assert found is not None
        number = self.formats[int(found[1])]
        source = self.case["steps"][number]
        answers, rule = self.of(number), f"r{number}"
        fields = {name: value for name, value in answers.fields.get(rule, {}).items() if name != "evt.time"}
        what = found[2]
        name = re.fullmatch(r'values\[(.*)\]|names\.begin\(\) has "(.*)"', what)
        if what == "ok" or (what.startswith("values") and "(" in source["fmt"]):
            assert rule in answers.texts
        elif what == "output" and source["json"]:
            wanted = json.loads(step["value"]) or {}
            assert fields == {name: value for name, value in wanted.items() if "(" not in name}
        elif what == "output":
            assert (answers.texts[rule] == step["value"]) == (step["op"] == "eq"), answers.texts[rule]
        elif what == "output.empty()":
            assert bool(answers.texts[rule]) != step["value"]
        elif what in ("values.size()", "names.size()"):
            assert len(fields) == step["value"]
        elif name is not None and name[2]:
            assert name[2] in fields
        elif name is not None:
            assert str(fields[name[1]]) == step["value"], fields
        else:
            raise Unknown(what)

    def param(self, step: Json) -> None:
        """Check the expectation of a param of an event of the capture."""
        found = PARAM.match(step["path"])
        assert found is not None
        if self.params is None:
            self.path.write_bytes(capture_of(self.case, self.events))
            with tiercel.open_capture(self.path) as capture:
                self.params = list(capture)
        (params,) = [event.params for event in self.params if event.num == int(found[1])]
        value = params[found[2]] if found[2] else list(params.values())[int(found[3])]
        expected = step["value"]
        if found[4] == ".empty()":
            assert (value is None) == expected
        elif found[4] == ".len()":
            assert len(value or b"") == expected
        elif step["op"] == "truthy":
            assert (value is not None) == expected
        elif isinstance(expected, int):
            assert value == expected
        elif isinstance(expected, str):
            text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
            assert ("<NA>" if text is None else text.rstrip("\0")) == expected
        elif isinstance(expected, list) and isinstance(value, tuple):
            packed = struct.pack("<H", len(value)) + b"".join(struct.pack("<qH", *entry) for entry in value)
            assert list(packed) == expected
        else:
            raise Unknown("bytes of a param")


def compiles(rule: Json, expected: bool) -> None:
    try:
        loads([rule])
    except RulesError:
        assert not expected, rule
    else:
        assert expected, rule
