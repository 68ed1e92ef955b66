# SPDX-License-Identifier: Apache-2.0
"""The algebra of clauses: nothing becomes stronger, and what can be said exactly is."""

from __future__ import annotations

from random import Random

import pytest

from tiercel.compiler.kernel_filter.atoms import OF_FILE, PROTOCOLS, TYPES, WORDS, Atom
from tiercel.compiler.kernel_filter.dnf import (
    FALSE,
    TOP,
    TRUE,
    Conjunction,
    Conjunctions,
    closed,
    join,
    meet,
    reduced,
    shortened,
    widened,
)

OK, READ, WRITE = Atom.OK.bit, Atom.OPEN_READ.bit, Atom.OPEN_WRITE.bit
FILE, UNIX, KNOWN, TCP = Atom.FD_FILE.bit, Atom.FD_UNIX.bit, Atom.FD_KNOWN.bit, Atom.L4_TCP.bit
ETC, ROOT = frozenset({("prefix", b"/etc/")}), frozenset({("prefix", b"/root/")})
PATHS = (None, ETC, ROOT, ETC | ROOT)

FACTS = [
    sum(mask)
    for mask in (
        (ok, flags, file)
        for ok in (0, OK)
        for flags in (0, READ, WRITE, READ | WRITE)
        for file in (0, KNOWN, KNOWN | FILE, KNOWN | UNIX, KNOWN | TCP, KNOWN | Atom.FD_IPV4.bit | TCP)
    )
]


def holds(clauses: Conjunctions, facts: int, paths: frozenset[tuple[str, bytes]]) -> bool:
    """Return whether one of the clauses is true where these demands on the path are fulfilled and no others."""
    return any(
        not must & ~facts and not must_not & facts and (keys is None or bool(keys & paths))
        for must, must_not, keys in clauses
    )


def make_clauses(random: Random) -> Conjunctions:
    atoms = (OK, READ, WRITE, KNOWN, FILE, UNIX, TCP, Atom.FD_IPV4.bit)
    made = []
    for _ in range(random.randint(0, 5)):
        must = sum(atom for atom in atoms if random.random() < 0.2)
        must_not = sum(atom for atom in atoms if random.random() < 0.25) & ~must
        clause = closed(Conjunction(must, must_not, random.choice(PATHS)))
        if clause is not None:
            made.append(clause)
    return tuple(made)


@pytest.mark.parametrize("most", [2, 16])
def test_joining_and_meeting_weaken_at_most(most: int) -> None:
    random = Random(most)
    for _ in range(400):
        one, other = make_clauses(random), make_clauses(random)
        either, both = join((one, other), most), meet(one, other, most)
        assert max(len(either), len(both)) <= most
        for facts in FACTS:
            for paths in (frozenset(), ETC, ROOT, ETC | ROOT):
                first, second = holds(one, facts, paths), holds(other, facts, paths)
                assert holds(either, facts, paths) >= (first or second)
                assert holds(both, facts, paths) >= (first and second)
                if most == 16:
                    assert holds(either, facts, paths) == (first or second), (one, other, either)


def test_what_follows_from_facts() -> None:
    assert closed(Conjunction(FILE, 0)) == Conjunction(FILE | KNOWN, TYPES & ~FILE)
    assert closed(Conjunction(TCP, 0)) == Conjunction(TCP | KNOWN, PROTOCOLS & ~TCP)
    assert closed(Conjunction(0, KNOWN)) == Conjunction(0, KNOWN | OF_FILE)
    assert closed(Conjunction(FILE | UNIX, 0)) is None
    assert closed(Conjunction(FILE, KNOWN)) is None
    assert closed(Conjunction(OK, OK)) is None
    for must, must_not in ((FILE, 0), (0, KNOWN), (TCP, FILE), (OK, READ)):
        clause = closed(Conjunction(must, must_not))
        assert clause is not None
        assert shortened(clause) == Conjunction(must, must_not)


def test_what_two_clauses_say_together() -> None:
    assert join([(Conjunction(OK, 0),), (Conjunction(0, OK),)]) is TRUE
    assert join([(Conjunction(OK | READ, 0),), (Conjunction(READ, OK),)]) == (Conjunction(READ, 0),)
    assert join([(Conjunction(OK, 0, ETC),), (Conjunction(OK, 0, ROOT),)]) == (Conjunction(OK, 0, ETC | ROOT),)
    assert join([(Conjunction(OK, 0, ETC),), (Conjunction(OK, 0),)]) == (Conjunction(OK, 0),)
    assert join([(TOP,), (Conjunction(OK, 0),)]) is TRUE
    assert meet((Conjunction(OK, 0),), (Conjunction(0, OK),)) == FALSE
    assert meet((Conjunction(OK, 0, ETC | ROOT),), (Conjunction(READ, 0, ETC),)) == (Conjunction(OK | READ, 0, ETC),)


def test_a_path_is_given_up_last() -> None:
    clauses = (Conjunction(OK, READ, ETC), Conjunction(WRITE, OK, ROOT), Conjunction(READ | WRITE, 0))
    assert set(widened(clauses, 2)) == {Conjunction(0, 0, ETC | ROOT), Conjunction(READ | WRITE, 0)}


def test_needless_demands_are_left_out() -> None:
    keys = {
        ("exact", b"/etc/shadow"),
        ("prefix", b"/etc/"),
        ("prefix", b"/etc/ssh"),
        ("exact", b"/root/x.key"),
        ("suffix", b".key"),
        ("suffix", b"id.key"),
        ("exact", b"/srv/a"),
        ("contains", b"ssh"),
    }
    kept = {("prefix", b"/etc/"), ("suffix", b".key"), ("exact", b"/srv/a"), ("contains", b"ssh")}
    assert reduced(keys) == frozenset(kept)


def test_every_atom_has_words() -> None:
    assert set(WORDS) == set(Atom)
