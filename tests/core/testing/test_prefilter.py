# SPDX-License-Identifier: Apache-2.0
"""Every event that a rule matches passes the probe's own filter, compiled for user space.

``TIERCEL_DIFFERENTIAL`` multiplies the number of examples.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.conditions import conditions
from support.core import event
from support.examples import examples
from support.facts import OPENS, make_record, record_of
from support.filtered_rules import compiled, make_check, make_number, make_rules
from support.live import REPOSITORY

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.testing.prefilter import Prefilter
from tiercel.compiler.ir.program import Program
from tiercel.compiler.kernel_filter.atoms import FIRST_PATH_SET, PATH_SETS, Atom
from tiercel.compiler.kernel_filter.dnf import MAX_CLAUSES
from tiercel.errors import EventError
from tiercel.schema.names import EVENT_BY_NAME

TIMES = int(os.environ.get("TIERCEL_DIFFERENTIAL", "1"))
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32)
SOCKET_CALLS = ("connect", "accept", "sendto", "recvfrom", "read", "write", "dup", "bind", "sendmsg")
ABI = (REPOSITORY / "bpf/gen/filter_abi.h").read_text()


def an_open(random: Random) -> bytes:
    return record_of(EVENT_BY_NAME[random.choice(OPENS[:4])], random)


def prefilter(program: Program) -> Prefilter:
    return Prefilter({code: one.clauses for code, one in program.filters.items() if one.clauses}, program.path_sets)


def held(program: Program, random: Random, make: Callable[[Random], bytes] = make_record) -> tuple[int, int]:
    """Hold records against rules and their filter; returns how many matched and how many were kept back."""
    evaluator = Evaluator(RuleProgram(program), ProcessTable(64), rule_matching="all")
    tried = prefilter(program)
    matched = kept_back = 0
    for _ in range(40):
        record = make(random)
        code = int.from_bytes(record[4:6], "little")
        alerts = evaluator.feed(record)
        passes = tried.allows(record) and (code not in program.filters or bool(program.filters[code].clauses))
        assert passes or not alerts, (
            [program.rules[alert.rule] for alert in alerts],
            program.filters[code],
            program.path_sets,
            record,
        )
        matched += bool(alerts)
        kept_back += not passes
    return matched, kept_back


@settings(QUIET, max_examples=examples(100 * TIMES))
@given(SEEDS, st.sampled_from(["both", "requested", "resolved"]))
def test_what_matches_passes(seed: int, path_matching: str) -> None:
    random = Random(seed)
    held(compiled(make_rules(random), path_matching), random)


@settings(QUIET, max_examples=examples(300 * TIMES))
@given(SEEDS)
def test_what_a_check_of_sockets_matches_passes(seed: int) -> None:
    random = Random(seed)
    program = compiled([f"evt.type in ({', '.join(SOCKET_CALLS)}) and {make_number(random)} and {make_number(random)}"])
    held(program, random, lambda random: record_of(EVENT_BY_NAME[random.choice(SOCKET_CALLS)], random))


@settings(QUIET, max_examples=examples(300 * TIMES))
@given(SEEDS)
def test_what_one_check_matches_passes(seed: int) -> None:
    """One alone, or the contrary of one, decides what passes: what is wrong with it shows."""
    random = Random(seed)
    check = make_check(random) if random.random() < 0.8 else f"not ({make_check(random)})"
    held(compiled([f"evt.type in (open, openat, openat2, creat) and {check}"]), random, an_open)


@settings(QUIET, max_examples=examples(40 * TIMES))
@given(conditions(), SEEDS)
def test_what_matches_any_condition_passes(text: str, seed: int) -> None:
    held(compiled([text]), Random(seed))


def test_records_often_match_and_are_often_kept_back() -> None:
    """Records of which none matched, or of which all passed, would test nothing."""
    counts = [held(compiled(make_rules(Random(seed))), Random(seed)) for seed in range(40)]
    assert sum(matched for matched, _ in counts) > 150
    assert sum(kept_back for _, kept_back in counts) > 150


# -- the tables of both sides ------------------------------------------------------------------------------------------


def test_atoms_are_those_of_the_probe() -> None:
    numbers = {name: int(number) for name, number in re.findall(r"FILTER_(\w+) = (\d+)", ABI)}
    assert {atom.name: int(atom) for atom in Atom}.items() <= numbers.items()
    assert numbers["PATHSET"] == FIRST_PATH_SET
    assert f"#define FILTER_CLAUSES {MAX_CLAUSES}\n" in ABI
    assert f"#define FILTER_PATHSETS {PATH_SETS}\n" in ABI


# -- single events -----------------------------------------------------------------------------------------------------


def opened(path: Any, fd: int = 3, flags: int = 1, **header: Any) -> bytes:
    return event("openat", {"fd": fd, "dirfd": -100, "name": path, "flags": flags, "mode": 0}, header=header)


def passes(condition: str, record: bytes) -> bool:
    return prefilter(compiled([condition])).allows(record)


DIRECTORY = 0x401
WRITES = "evt.type = openat and evt.is_open_write = true and fd.num >= 0 and fd.name startswith /etc/"


def test_flags_result_and_path_decide() -> None:
    assert passes(WRITES, opened("/etc/hosts", flags=2))
    assert not passes(WRITES, opened("/etc/hosts", flags=1))
    assert not passes(WRITES, opened("/etc/hosts", flags=2, fd=-13))
    assert not passes(WRITES, opened("/srv/hosts", flags=2))


@pytest.mark.parametrize(
    "path",
    [
        "/tmp/../etc/hosts",
        "//etc/hosts",
        {"name": "hosts", "base": "/etc"},
        {"name": "/tmp/link", "real": "/etc/hosts"},
        {"name": "/etc/link", "real": "/tmp/hosts"},
        {"real": "/etc/hosts"},
    ],
)
def test_both_names_count(path: Any) -> None:
    assert passes(WRITES, opened(path, flags=2))


@pytest.mark.parametrize(
    ("check", "path", "flags"),
    [
        ("fd.directory = /etc", "/etc", DIRECTORY),
        ("fd.directory = /etc", "/etc/hosts", 1),
        ("fd.directory in (/etc, /)", "/hosts", 1),
        ("fd.directory startswith /e", "/etc", DIRECTORY),
        ("fd.directory endswith tc", "/etc/hosts", 1),
        ("fd.directory pmatch (/etc)", "/etc", DIRECTORY),
        ("fd.directory pmatch (/)", "/srv", 1),
        ('fd.directory contains "/"', "/srv", 1),
        ("fd.filename = hosts", "/etc/hosts", 1),
        ("fd.filename startswith ho", "/etc/hosts", 1),
        ("fd.filename endswith sts", "/etc/hosts", 1),
        ("fd.filename contains os", "/etc/hosts", 1),
        ("fd.name pmatch (/etc/hosts)", "/etc/hosts", 1),
        ("fd.name pmatch (/etc/h*/x)", "/etc/hosts/x/y", 1),
        ("fd.name pmatch (/e*/hosts)", "/etc/hosts", 1),
        ('fd.name glob "/etc/[gh]*"', "/etc/hosts", 1),
        ('fd.name glob "*sts"', "/etc/hosts", 1),
        ('fd.name glob "/?tc/*"', "/etc/hosts", 1),
        ("fd.name startswith oneof (/srv, /etc)", "/etc/hosts", 1),
        ('evt.arg.name = "<NA>"', None, 1),
        ('evt.arg.name startswith "<"', None, 1),
        ("evt.arg.name contains NA", None, 1),
        ("evt.arg.name = hosts", {"name": "hosts", "base": "/etc"}, 1),
        ("fd.nameraw = hosts", {"name": "hosts", "base": "/etc"}, 1),
        ('fd.name = ""', None, 1),
        ('fd.directory = "/"', None, 1),
        ('fd.filename = ""', None, 1),
    ],
)
def test_what_checks_demand_of_paths(check: str, path: Any, flags: int) -> None:
    """Each check may be true of the path: the event passes."""
    assert passes(f"evt.type = openat and {check}", opened(path, flags=flags))


def test_who_opens() -> None:
    assert passes("evt.type = openat and user.uid = 0", opened("/x", uid=0))
    assert not passes("evt.type = openat and user.uid = 0", opened("/x", uid=1000))


def test_ports() -> None:
    condition = "evt.type in (connect, sendto) and fd.sport in (53, 443)"
    ends = {"type": "ipv4", "l4proto": "udp", "role": "client", "sport": 4000}
    for port, expected in ((53, True), (443, True), (80, False), (0, True)):
        assert passes(condition, event("connect", {"res": 0}, file={**ends, "dport": port})) is expected
    assert passes("evt.type = connect and fd.port < 4001", event("connect", {"res": 0}, file={**ends, "dport": 9999}))
    assert not passes("evt.type = connect and fd.rport <= 80", event("connect", {"res": 0}, file={**ends, "dport": 81}))
    assert passes("evt.type = connect and fd.rport != 81", event("connect", {"res": 0}, file={**ends, "dport": 81}))
    assert not passes(condition, event("connect", {"res": 0}))


def test_kinds_of_descriptors() -> None:
    sent = "evt.type = sendto and fd.l4proto = udp and fd.typechar = 4"
    for protocol, kind, expected in (("udp", "ipv4", True), ("tcp", "ipv4", False), ("udp", "unix", False)):
        assert passes(sent, event("sendto", {"res": 1}, file={"type": kind, "l4proto": protocol})) is expected
    assert not passes(sent, event("sendto", {"res": 1}))


def test_keys_of_one_place_are_all_found() -> None:
    """Of 3,000 keys in 32,768 places, some 130 pairs have one place: there the tag cannot distinguish them."""
    paths = [f"/srv/{number:x}" for number in range(3000)]
    sets = [[("exact", path.encode()) for path in paths[part::2]] for part in range(2)]
    one = 1 << FIRST_PATH_SET
    both = [(one, 0), (one << 1, 0)]
    for clauses, wanted in ((both, paths), (both[:1], paths[::2]), (both[1:], paths[1::2])):
        tried = Prefilter({EVENT_BY_NAME["openat"].code: clauses}, sets)
        assert [path for path in wanted if not tried.allows(opened(path))] == []
    others = [f"/var/{number:x}" for number in range(3000)]
    assert sum(tried.allows(opened(path)) for path in others) < 300


def test_what_is_not_filtered_passes() -> None:
    assert Prefilter({}).allows(opened("/x"))
    assert Prefilter({EVENT_BY_NAME["open"].code: [(1, 0)]}).allows(opened("/x", fd=-1))
    with pytest.raises(EventError, match="E301"):
        Prefilter({}).allows(b"")
