# SPDX-License-Identifier: Apache-2.0
"""Placement of fields in other schemas."""

from __future__ import annotations

from typing import Any

import pytest
from support.made_alerts import made_alert

from tiercel.formats.placement import Placement, attacks, base_name, identifier


def placed(fields: dict[str, Any]) -> Placement:
    return Placement(made_alert(fields), "ecs", str)


def test_the_first_field_of_a_place_wins_and_others_stay() -> None:
    found = placed({"container.id": "0123", "container.full_id": "012345", "k8s.ns.name": "a", "k8smeta.ns.name": "a"})
    assert found.tree["container"] == {"id": "012345"}
    assert found.rest == {"container.id": "0123"}


def test_missing_values_and_the_time_are_left_out() -> None:
    found = placed({"proc.pid": None, "fd.num": None, "evt.time.iso8601": 7})
    assert (found.tree, found.rest) == ({}, {})


@pytest.mark.parametrize(
    "name", ["1.2.3.4:1->5.6.7.8:70000", "1.2.3:1->5.6.7.8:7", ":::22", "pipe:[1]", "1.2.3.4:1->5.6.7.8:7\n", ""]
)
def test_names_that_are_no_connection(name: str) -> None:
    found = placed({"fd.name": name})
    assert (found.tree, found.rest) == ({}, {"fd.name": name})


def test_given_ends_take_precedence_over_the_name() -> None:
    found = placed({"fd.name": "1.2.3.4:1->5.6.7.8:7", "fd.sip": "9.9.9.9"})
    assert found.tree["destination"] == {"ip": "9.9.9.9", "port": 7}


def test_types() -> None:
    fields = {"proc.pid": True, "proc.ppid": -1, "proc.name": "", "proc.cwd": "relative", "fd.sip": "nowhere"}
    fields |= {"fd.cip": "fe80::1%eth0"}
    assert placed(fields).tree == {}
    assert placed(fields).rest == fields
    assert placed({"user.uid": 0, "proc.pid.ts": 5}).tree == {"user": {"id": "0"}, "process": {"start": "5"}}


def test_identifiers() -> None:
    assert identifier(made_alert()) == identifier(made_alert())
    others = [made_alert(time_ns=1), made_alert(rule="\udcff"), made_alert(message="m"), made_alert(hostname="b")]
    assert len({identifier(one) for one in (made_alert(), *others)}) == 5


def test_names_of_files() -> None:
    assert [base_name(path) for path in ("/a/b", "/a/", "/")] == ["b", "/a/", "/"]


def test_tags() -> None:
    tactics, techniques = attacks(("T1", "T1003.1", "xT1003", "T1003", "T1003.008", "mitre_discovery", "mitre_x"))
    assert [tactic.uid for tactic in tactics] == ["TA0007"]
    assert techniques == (("T1003", ""), ("T1003", "T1003.008"))
