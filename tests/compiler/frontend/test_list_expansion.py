# SPDX-License-Identifier: Apache-2.0
"""Lists as text: what they come to, and where it comes from."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiercel.compiler.frontend import list_expansion as pasting
from tiercel.compiler.frontend.list_expansion import ListExpansionError, Lists, words
from tiercel.lang.text import Text
from tiercel.rules import load_text


def lists(**contents: str) -> Lists:
    return defined("".join(f"- list: {name}\n  items: {items}\n" for name, items in contents.items()))


def defined(text: str) -> Lists:
    files = load_text(text)
    assert not files.has_errors
    return Lists({entry.name: entry for entry in files.lists})


def pasted(found: Lists, text: str) -> str:
    return found.expand(Text.of(text)).value


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("f in (l)", "f in ( a, b )"),
        ("f in (x, l, y)", "f in (x, a, b , y)"),
        ("f in (l,l)", "f in ( a, b , a, b )"),
        ("l", "a, b "),
        ("f in (ll, l_, xl)", "f in (ll, l_, xl)"),
        ("f = 'x l y'", "f = 'x a, b y'"),
        ("f = 'l'", "f = 'l'"),
        ("f=l", "f= a, b "),
        ("f in (e)", "f in ( )"),
        ("f in (x, e)", "f in (x )"),
        ("f in (e, x)", "f in (  x)"),
        ("f in (x, e, y)", "f in (x , y)"),
        ("f in (q)", "f in ( \"c d\", 'e f', g )"),
    ],
)
def test_pasting(text: str, result: str) -> None:
    found = lists(l="[a, b]", e="[]", q="""["c d", "'e f'", g]""")
    assert " ".join(pasted(found, text).split()) == " ".join(result.split())


def test_earlier_lists_are_filled_into_lists_one_level_deep() -> None:
    found = lists(c="[x]", b="[c, y]", a="[b, z]")
    assert pasted(found, "(a)").split() == ["(", "c,", "y,", "z", ")"]


def test_later_lists_are_found_by_pasting() -> None:
    found = lists(a="[b, z]", b="[y]")
    assert pasted(found, "(a)").split() == ["(", "y", ",", "z", ")"]


def test_a_list_that_holds_its_own_name() -> None:
    assert pasted(lists(l="[l, a]"), "(l)").split() == ["(", "l,", "a", ")"]


def test_names_of_several_words() -> None:
    found = defined("- list: a b\n  items: [x]\n- list: b\n  items: [y]\n- list: c,d\n  items: [z]\n")
    assert squeezed(pasted(found, "f in (a b, b, aa b, c,d)")) == "f in ( x , y , aa y , z )"


def test_places() -> None:
    found = defined("- list: l\n  items: [alpha, be ta]\n")
    text = found.expand(Text.of("f in (x, l)", "cond"))
    place = text.place(text.value.index("alpha"))
    assert (place.file, place.line, place.column) == ("<text>", 2, 11)
    place = text.place(text.value.index("ta"))
    assert (place.line, place.column) == (2, 21)
    comma = text.place(text.value.index(', "'))
    assert (comma.file, comma.line, comma.column) == ("cond", 1, 10)
    assert text.place(text.value.index(")")).column == 11


def test_nested_places() -> None:
    found = defined("- list: a\n  items: [b]\n- list: b\n  items: [word]\n")
    text = found.expand(Text.of("(a)"))
    place = text.place(text.value.index("word"))
    assert (place.line, place.column) == (4, 11)


def test_too_much_text_is_refused_quickly() -> None:
    chain = {f"l{number}": f"[{', '.join([f'l{number + 1}'] * 1000)}]" for number in range(20)}
    with pytest.raises(ListExpansionError):
        lists(**chain, l20="[a]").expand(Text.of("(l0)"))
    repeated = lists(a=f"[{', '.join(['x' * 100] * 3000)}]", b=f"[{', '.join(['a'] * 3000)}]")
    with pytest.raises(ListExpansionError):
        repeated.expand(Text.of("(b)"))


def test_all_conditions_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasting, "MAX_EXPANDED_TOTAL", 100)
    found = lists(l=f"[{'x' * 60}]")
    found.expand(Text.of("(l)"))
    with pytest.raises(ListExpansionError):
        found.expand(Text.of("(l)"))


def reference(text: str, contents: dict[str, list[str]]) -> str:
    """The substitution as the reference words it: list after list, occurrence after occurrence."""
    delimiters = " \t\n\r(),="
    for name, items in contents.items():
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            if (start and text[start - 1] not in delimiters) or (end < len(text) and text[end] not in delimiters):
                start = text.find(name, start + 1)
                continue
            while start and text[start - 1] in " \t\n\r":
                start -= 1
            while end < len(text) and text[end] in " \t\n\r":
                end += 1
            if not items:
                if start and text[start - 1] == ",":
                    start -= 1
                elif text[end : end + 1] == ",":
                    end += 1
            joined = ", ".join(f'"{item}"' if " " in item else item for item in items)
            head = f"{text[:start]} " if start else ""
            text = f"{head}{joined} {text[end:]}"
            start = text.find(name, len(head) + len(joined) + 1)
    return text


NAMES = ("l", "m", "n", "ll")


@given(
    st.lists(st.sampled_from([*NAMES, "x", "l", "(", ")", ",", " ", "=", "'", "\n"]), max_size=12)
    .map("".join)
    .filter(lambda text: not re.search(r"[lmn]\s+[lmn]", text)),  # two names side by side are no condition
    st.dictionaries(
        st.sampled_from(NAMES), st.lists(st.sampled_from(["a", "b c", "x", "m", "n", "ll"]), max_size=3), min_size=1
    ),
)
def test_like_the_reference(text: str, contents: dict[str, list[str]]) -> None:
    # A list that names an earlier one gets its items when it is defined; the reference above begins after that.
    names = list(contents)
    for place, name in enumerate(names):
        earlier = set(names[:place])
        contents[name] = [item for item in contents[name] if item not in earlier]
    found = lists(**{name: str(items) for name, items in contents.items()})
    assert squeezed(pasted(found, text)) == squeezed(reference(text, contents))


def squeezed(text: str) -> str:
    return " ".join(text.replace(",", " , ").replace("(", " ( ").split())


def test_empty_lists_side_by_side_leave_no_comma() -> None:
    found = lists(l="[]")
    assert pasted(found, "(l, l, a)").split() == ["(", "a)"]
    assert pasted(found, "(a, l, l)").split() == ["(a", ")"]
    assert pasted(found, "(l, l)").split() == ["(", ")"]


def test_a_list_of_empty_lists_is_empty() -> None:
    found = lists(l="[m, m]", m="[n]", n="[]")
    assert pasted(found, "(a, l, b)").split() == ["(a", ",", "b)"]


def test_words() -> None:
    assert words("a in (b,'c d')=e\tnot\nf") == {"a", "in", "b", "'c", "d'", "e", "not", "f"}
