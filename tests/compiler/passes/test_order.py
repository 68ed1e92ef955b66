# SPDX-License-Identifier: Apache-2.0
"""Cheap checks first."""

from __future__ import annotations

from support.compiling import Passes, show


def ordered(condition: str) -> str:
    (part,) = Passes().order(f"evt.type = open and ({condition})")
    return show(part.cond)


def test_cheap_first() -> None:
    assert ordered("proc.cmdline contains x and fd.num = 1") == "(fd.num = 1 and proc.cmdline contains x)"
    assert ordered("not proc.cmdline contains x or fd.num = 1") == "(fd.num = 1 or not proc.cmdline contains x)"


def test_equal_costs_keep_their_order() -> None:
    written = "(thread.tid = 3 and fd.num = 1 and proc.pid = 2)"
    assert ordered(written) == written


def test_a_junction_costs_what_its_checks_cost() -> None:
    assert ordered("(fd.num = 1 or proc.pid = 2 or thread.tid = 3) and proc.pid = 1") == (
        "(proc.pid = 1 and (fd.num = 1 or proc.pid = 2 or thread.tid = 3))"
    )


def test_inner_junctions_are_ordered_too() -> None:
    assert ordered("fd.num = 1 and (proc.cmdline = x or proc.pid = 1)") == (
        "(fd.num = 1 and (proc.pid = 1 or proc.cmdline = x))"
    )
