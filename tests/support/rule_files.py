# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: rule files with lists, macros and exceptions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.conditions import conditions
from support.naive_rules import Written

_ITEMS = st.sampled_from(["cat", "sh", "bash", "nginx", "Cat", "a b", "/etc", "/etc/passwd", "/tmp/x", "5"])
_LISTS = ("l_tools", "l_paths", "l_none")
_MACROS = ("m_one", "m_two")
_SINGLE = ("in", "intersects", "pmatch", "startswith anyof", "= oneof", "!= allof", "contains allof")
_TUPLE = ("=", "!=", "contains", "startswith", "in", "endswith anyof", "icontains", "iglob")
_FIELDS = ("proc.name", "proc.pname", "fd.name", "proc.cmdline", "tolower(proc.name)", "user.name")


@st.composite
def exceptions(draw: st.DrawFn) -> dict[str, Any]:
    """One exception in one of its forms."""
    if draw(st.booleans()):
        made: dict[str, Any] = {"fields": draw(st.sampled_from(_FIELDS)), "values": draw(st.lists(_ITEMS, max_size=3))}
        if draw(st.booleans()):
            made["comps"] = draw(st.sampled_from(_SINGLE))
        return made
    fields = draw(st.lists(st.sampled_from(_FIELDS), min_size=1, max_size=3))
    comps = [draw(st.sampled_from(_TUPLE)) for _ in fields]
    row = st.tuples(*(_operands(comp) for comp in comps)).map(list)
    return {"fields": fields, "comps": comps, "values": draw(st.lists(row, max_size=3))}


def _operands(comp: str) -> st.SearchStrategy[Any]:
    """One value, or several for a comparison that takes a list: Falco puts a single one there in parentheses alone."""
    if comp != "in" and " " not in comp:
        return _ITEMS
    return _ITEMS.filter(lambda item: " " not in item) | st.lists(_ITEMS, max_size=3)


@st.composite
def rule_files(draw: st.DrawFn) -> Written:
    """Some rules that share lists and macros."""
    lists: dict[str, list[str]] = {name: draw(st.lists(_ITEMS, min_size=1, max_size=4)) for name in _LISTS[:2]}
    lists["l_none"] = []
    first = draw(conditions((), _LISTS))
    macros = {"m_one": first, "m_two": draw(conditions(("m_one",), _LISTS))}
    rules = [
        (draw(conditions(_MACROS, _LISTS)), [{"name": f"e{n}"} | one for n, one in enumerate(draw(_EXCEPTIONS))])
        for _ in range(draw(st.integers(2, 5)))
    ]
    return Written(lists, macros, rules)


_EXCEPTIONS = st.one_of(st.just([]), st.just([]), st.lists(exceptions(), max_size=2))
