# SPDX-License-Identifier: Apache-2.0
"""Held events alert as if all metadata had been there from the beginning, whatever happens in which order."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.compiling import rule
from support.examples import examples
from support.holding import RULES, Bench, short_id

# With both parts: rules about either, and about both.
BOTH = (
    RULES
    + rule("evt.type = openat and fd.name startswith /img and container.image = shop", "i", output="'%proc.name'")
    + rule("evt.type = openat and fd.name startswith /two and container.image = shop and user.name = bank", "2")
    + rule("evt.type = openat and fd.name startswith /two and not container.image = bank", "3", output="'%user.name'")
)
PATHS = ("/app/x", "/etc/x", "/var/x", "/opt/x", "/usr/x", "/img/x", "/two/x")
ACTIONS = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 3), st.sampled_from(PATHS)),
    st.tuples(st.just("exec"), st.integers(0, 3), st.sampled_from(["cat", "dog", "cow"])),
    st.tuples(st.sampled_from(["known", "image"]), st.integers(1, 3), st.just("")),
    st.tuples(st.just("pause"), st.just(0), st.just("")),
)
IMAGES = ("", "shop", "bank", "evil")


class Play:
    """A bench on which containers act, and get their metadata, by a script."""

    def __init__(self) -> None:
        text = BOTH.replace("output: '", "output: '%container.id ").replace("output: o", "output: '%container.id'")
        self.bench = Bench(text, parts=("info", "names"))
        self._answered: set[tuple[str, int]] = set()
        for container in range(4):
            self.bench.exec(container)
        self.bench.settle()

    def act(self, what: str, container: int, detail: str) -> None:
        if what == "open":
            self.bench.open(container, detail)
        elif what == "exec":
            self.bench.exec(container, detail)
        elif what == "pause":
            self.bench.settle()
        elif (what, container) not in self._answered:
            self._answered.add((what, container))
            if what == "known":
                self.bench.known(container, IMAGES[container])
            else:
                self.bench.table.set_container(short_id(container), {"image": IMAGES[container]})

    def answer(self) -> None:
        for container in (1, 2, 3):
            self.act("image", container, "")
            self.act("known", container, "")

    def alerts(self) -> dict[int, list[tuple[Any, ...]]]:
        """Those of each container, in order, once everything is evaluated."""
        found: dict[int, list[tuple[Any, ...]]] = {}
        for name, identity, *values in self.bench.alerts():
            found.setdefault(identity, []).append((name, *values))
        stats = self.bench.stats()
        assert stats["holding"] == stats["holding_bytes"] == 0
        assert (
            stats["uncertain_matches"]
            == stats["alerts_missing_metadata"]
            == stats["hold_no_room"]
            == stats["overdue"]
            == 0
        )
        return found


def run(actions: list[tuple[str, int, str]], *, early: bool) -> dict[int, list[tuple[Any, ...]]]:
    """The alerts of each container; with ``early``, all have their metadata before anything else happens."""
    play = Play()
    try:
        if early:
            play.answer()
        for action in actions:
            play.act(*action)
        play.bench.settle()
        play.answer()
        return play.alerts()
    finally:
        play.bench.close()


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(ACTIONS, max_size=40))
def test_what_waits_alerts_as_if_all_had_been_known(actions: list[tuple[str, int, str]]) -> None:
    assert run(actions, early=False) == run(actions, early=True)
