# SPDX-License-Identifier: Apache-2.0
"""Equal trees are one object."""

from __future__ import annotations

from support.compiling import Passes


def test_across_rules() -> None:
    first, second = Passes().share(
        "evt.type = open and (fd.num = 1 or proc.name = a) and not fd.num = 2",
        "evt.type = bind and (proc.name = a or fd.num = 1) and not fd.num = 2",
    )
    assert first[0].cond is second[0].cond


def test_inside_one_rule() -> None:
    ((part,),) = Passes().share(
        "evt.type = open and ((fd.num = 1 and proc.name = a) or ((fd.num = 1 and proc.name = a) and proc.pid = 1))"
    )
    small, large = part.cond.terms
    assert small.terms[0] is large.terms[0] or small in large.terms or small.terms[0] in large.terms


def test_different_kinds_stay_apart() -> None:
    first, second = Passes().share(
        "evt.type = open and fd.num = 1 and proc.name = a", "evt.type = open and (fd.num = 1 or proc.name = a)"
    )
    assert first[0].cond is not second[0].cond


def test_trees_that_were_looked_up_by_their_identity_stay_alive() -> None:
    """A new tree could get the identity of a freed one, and with it the memo entry of that tree."""
    passes = Passes()
    conditions = (
        "evt.type = open and fd.num = 1 and proc.name = a",
        "evt.type = open and proc.name = a and fd.num = 1",
    )
    first, second = passes.share(*conditions)
    assert first[0].cond is second[0].cond
    assert passes.pipeline.pool.memo
    assert all(id(tree) == key for key, (tree, _) in passes.pipeline.pool.memo.items())
