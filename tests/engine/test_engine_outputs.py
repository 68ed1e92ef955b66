# SPDX-License-Identifier: Apache-2.0
"""Outputs from the rule to the line: transformers, lists, static fields and what is appended."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from tiercel import Alert, AppendOutput, Engine, RulesError, Ruleset, Style

EVENT: dict[str, Any] = {
    "evt.type": "openat",
    "evt.rawtime": 1_795_507_624_347_806_549,
    "evt.num": 7,
    "evt.failed": False,
    "fd.name": "/etc/shadow",
    "fd.types": ["file", "ipv4", ""],
    "fd.sport": 443,
    "fd.sip": "10.0.0.1",
    "fd.dev": 255,
    "proc.name": "Cat",
    "proc.exepath": "/usr/bin/cat",
    "proc.args": "-l 5 x",
    "proc.env[A B]": "ä",
    "user.loginuid": -1,
    "evt.buffer": b"GET /\r\n\xff",
    "thread.cpu": 12.25,
}


def alert(output: str, event: dict[str, Any] = EVENT, style: Style = Style(), **options: Any) -> Alert:  # noqa: B008
    quoted = output.replace("'", "''")
    rules = Ruleset.loads(
        f"- rule: r\n  desc: d\n  condition: evt.type = openat\n  output: '{quoted}'\n  priority: INFO\n  tags: [a]\n",
        **options,
    )
    (found,) = Engine(rules, path_matching="requested", style=style).evaluate(event)
    return found


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("%toupper(proc.name)", "CAT"),
        ("%tolower(toupper(proc.name))", "cat"),
        ("%6tolower(proc.name)|%2tolower(proc.name)|", "cat   |ca|"),
        ("%basename(proc.exepath)", "cat"),
        ("%concat(proc.name, '/', fd.name)", "Cat//etc/shadow"),
        ("%join(', ', (proc.name, 5, 'x'))", "Cat, 5, x"),
        ("%join('-', fd.types)", "file-ipv4-"),
        ("%getopt(('-l', '5', '-x'), 'l:x')", "(l,5,x)"),
        ("%getopt(('-l', '5', '-x'), 'l:x')[l]", "5"),
        ("%getopt(('-l', '5', '-x'), 'l:x')[q]", "<NA>"),
        ("%toupper(fd.types)", "(FILE,IPV4,)"),
        ("%len(fd.types)", "3"),
        ("%len(getopt(('-a'), 'a'))", "1"),
        ("%len(proc.args)", "<NA>"),
        ("%b64(concat('Z2', '8='))", "go"),
        ("%b64(proc.args)", "<NA>"),
        ("%toupper(user.name)", "<NA>"),
        ("%concat(proc.name, user.name)", "<NA>"),
        ("%fd.types %fd.sport %fd.sip", "(file,ipv4,) 443 10.0.0.1"),
        ("%evt.failed %user.loginuid %fd.dev", "false -1 FF"),
        ("%evt.buffer %thread.cpu", "GET /... 12.2"),
        ("*%proc.name 100 pct *%user.uid", "Cat 100 pct *<NA>"),
        ("%evt.rawtime %evt.time.iso8601", "1795507624347806549 2026-11-24T08:07:04.347806549+0000"),
    ],
)
def test_texts(output: str, text: str) -> None:
    assert alert(output).message == text


def test_fields() -> None:
    found = alert("%toupper(proc.name) %concat(fd.name, proc.exepath) %len(fd.types) %proc.env['A B'] %evt.time.s")
    fields = {
        "evt.time": EVENT["evt.rawtime"],
        "evt.time.s": EVENT["evt.rawtime"],
        "proc.name": "Cat",
        "fd.name": "/etc/shadow",
        "proc.exepath": "/usr/bin/cat",
        "fd.types": ["file", "ipv4", ""],
        'proc.env["A B"]': "ä",
    }
    assert dict(found.fields) == fields
    assert found.to_dict()["output_fields"] == fields


def test_values_in_json() -> None:
    output = "%evt.num %evt.failed %fd.dev %fd.sport %fd.sip %evt.buffer %thread.cpu %user.loginuid %user.uid"
    assert alert(output).to_dict()["output_fields"] == {
        "evt.time": EVENT["evt.rawtime"],
        "evt.num": 7,
        "evt.failed": False,
        "fd.dev": "FF",
        "fd.sport": 443,
        "fd.sip": "10.0.0.1",
        "evt.buffer": "GET /...",
        "thread.cpu": 12.25,
        "user.loginuid": -1,
        "user.uid": None,
    }


def test_a_list_without_elements_is_missing() -> None:
    found = alert("%fd.types %len(fd.types)", EVENT | {"fd.types": []})
    assert found.to_dict()["output_fields"]["fd.types"] is None
    assert found.message.startswith("<NA> ")


def test_buffers_in_base64() -> None:
    found = alert("%evt.buffer", style=Style(base64_buffers=True))
    assert found.message == found.to_dict()["output_fields"]["evt.buffer"] == "R0VUIC8NCv8="


def test_what_is_appended() -> None:
    entries = (
        AppendOutput("exe=%basename(proc.exepath) env=%static.env", tags=frozenset({"a"})),
        AppendOutput("never", rule="x"),
        AppendOutput(fields={"proc.args": None, "note": "%toupper(static.env) %user.name %evt.num"}),
    )
    found = alert("%proc.name", append_output=entries, static_fields={"env": "prod"})
    assert found.message == "Cat exe=cat env=prod"
    assert found.to_dict()["output_fields"] == {
        "evt.time": EVENT["evt.rawtime"],
        "proc.name": "Cat",
        "proc.exepath": "/usr/bin/cat",
        "static.env": "prod",
        "proc.args": "-l 5 x",
        "note": "PROD <NA> 7",
    }


BROKEN = Ruleset.loads(
    """
- rule: r
  desc: d
  condition: evt.type = openat and not proc.name icontains nothing-like-it
  output: "%proc.name|%7proc.name|%toupper(proc.name)|%basename(fd.name)|%concat(proc.name, fd.name)|%len(fd.types)|
    %fd.types|%tolower(fd.types)|%join(proc.name, fd.types)|%getopt((proc.name, fd.name), 'a:b')|%b64(proc.args)|
    %evt.buffer|%proc.env[A]"
  priority: INFO
""",
    append_output=[AppendOutput("%fd.nameraw", {"raw": "%proc.name", "proc.cwd": None})],
)


@settings(max_examples=examples(300), deadline=None)
@given(
    texts=st.lists(st.binary(max_size=20), min_size=5, max_size=5), items=st.lists(st.binary(max_size=20), max_size=9)
)
def test_bytes_that_are_not_utf_8(texts: list[bytes], items: list[bytes]) -> None:
    names = ("proc.name", "fd.name", "proc.args", "proc.cwd", "proc.env[A]")
    event = {"evt.type": "openat", "evt.buffer": texts[0], "fd.types": items} | dict(zip(names, texts, strict=True))
    (found,) = Engine(BROKEN).evaluate(event)
    lines = found.to_text().encode() + b"\n" + found.to_json().encode()
    assert len(lines.decode().splitlines()) == 2
    shown = json.loads(found.to_json())
    assert shown == found.to_dict()
    for name, text in zip(names, texts, strict=True):
        if name in found.fields:
            kept = text.partition(b"\0")[0]
            assert os.fsencode(found.fields[name]) == kept
            assert shown["output_fields"][name] == kept.decode("utf-8", "replace")


def test_both_truths_are_fields_though_only_an_added_text_shows_them() -> None:
    rules = Ruleset.loads(
        "- {rule: r, desc: d, condition: evt.type = openat and fd.name = /etc/shadow, output: o, priority: INFO}",
        append_output=[AppendOutput(fields={"note": "%fd.name_resolved %proc.name"})],
    )
    (found,) = Engine(rules).evaluate(EVENT)
    assert set(found.fields) == {"evt.time", "note", "evt.path_binding", "fd.name_requested", "fd.name_resolved"}


def test_static_fields_in_conditions() -> None:
    def matches(condition: str) -> bool:
        rule = f"- {{rule: r, desc: d, condition: '{condition}', output: o, priority: INFO}}"
        rules = Ruleset.loads(rule, static_fields={"env": "prod", "name": "cat", "empty": ""})
        return bool(Engine(rules).evaluate(EVENT))

    assert matches("evt.type = openat and static.env = prod")
    assert not matches("evt.type = openat and static.env = test")
    assert matches("evt.type = openat and static.env in (test, prod)")
    assert matches('evt.type = openat and static.empty exists and static.empty = ""')
    assert matches("evt.type = openat and tolower(proc.name) = val(static.name)")
    assert matches("evt.type = openat and toupper(static.env) startswith PR")


def test_static_fields_in_exceptions() -> None:
    text = """
- rule: r
  desc: d
  condition: evt.type = openat
  output: o
  priority: INFO
  exceptions:
    - {name: e, fields: [static.env, proc.name], comps: [=, =], values: [[prod, Cat]]}
    - {name: f, fields: toupper(static.env), comps: in, values: [TEST]}
"""
    assert not Engine(Ruleset.loads(text, static_fields={"env": "prod"})).evaluate(EVENT)
    assert not Engine(Ruleset.loads(text, static_fields={"env": "test"})).evaluate(EVENT)
    assert Engine(Ruleset.loads(text, static_fields={"env": "other"})).evaluate(EVENT)
    with pytest.raises(RulesError, match=r"there is no field `static\.env`"):
        Ruleset.loads(text)


def test_suggested_output() -> None:
    found = alert("o", EVENT | {"container.id": "host"}, append_output=[AppendOutput(suggested=True)])
    assert found.message.startswith("o container_id=host container_name=<NA> ")


def test_fields_that_can_only_be_compared() -> None:
    rules = Ruleset.loads(
        '- {rule: r, desc: d, condition: evt.type = connect, output: "to %fd.ip:%7fd.port|", priority: INFO}'
    )
    assert [found.code for found in rules.warnings] == ["W547", "W547"]
    (alert,) = Engine(rules).evaluate({"evt.type": "connect"})
    assert alert.message == "to <NA>:<NA>   |"
    assert alert.fields["fd.ip"] is None
    fields = json.loads(alert.to_json())["output_fields"]
    assert (fields["fd.ip"], fields["fd.port"]) == (None, None)


def test_networks_are_printed_as_such() -> None:
    rules = Ruleset.loads(
        "- {rule: r, desc: d, condition: evt.type = connect and fd.snet = 10.0.0.0/8, priority: INFO,"
        " output: '%fd.snet|%fd.cnet|%fd.net'}"
    )
    (alert,) = Engine(rules).evaluate({"evt.type": "connect", "fd.snet": "10.1.2.3"})
    assert alert.message == "<IPNET>|<NA>|<NA>"
    assert (alert.fields["fd.snet"], alert.fields["fd.cnet"]) == ("<IPNET>", None)
    assert json.loads(alert.to_json())["output_fields"]["fd.snet"] == "<IPNET>"
