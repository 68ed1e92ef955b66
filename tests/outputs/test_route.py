# SPDX-License-Identifier: Apache-2.0
"""Routes to outputs: names, equality, and the usual folder of spools."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from tiercel.frozen import replace
from tiercel.outputs import FileOutput, StreamOutput
from tiercel.outputs.route import Route, SpoolPlace, numbered, spool_folder

FILE = Route("file", partial(FileOutput, "/alerts", format="text"))


def test_routes_of_the_same_output() -> None:
    same = Route("file", partial(FileOutput, "/alerts", format="text"), capacity=7, timeout=1.0)
    assert FILE.is_same(same)
    assert replace(FILE, spool=SpoolPlace("/a", 1)).is_same(replace(same, spool=SpoolPlace("/a", 2)))


@pytest.mark.parametrize(
    "other",
    [
        replace(FILE, make=partial(FileOutput, "/others", format="text")),
        replace(FILE, make=partial(FileOutput, "/alerts", format="falco")),
        replace(FILE, make=partial(StreamOutput, "/alerts", format="text")),
        replace(FILE, spool=SpoolPlace("/a", 1)),
    ],
)
def test_routes_of_other_outputs(other: Route) -> None:
    assert not FILE.is_same(other)
    assert not other.is_same(replace(FILE, spool=SpoolPlace("/b", 1)))


def test_names_are_unique() -> None:
    names = ["http", "http", "file", "http", "http-2"]
    found = [route.name for route in numbered([replace(FILE, name=name) for name in names])]
    assert found == ["http", "http-2", "file", "http-3", "http-2-2"]


def test_an_open_output_has_the_name_of_its_class() -> None:
    output = StreamOutput(2)
    assert (Route.of(output).name, Route.of(output, "x").name) == ("stream", "x")
    assert Route.of(output).make() is output
    assert not Route.of(output).is_same(Route.of(StreamOutput(2)))


def test_the_folder_of_spools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert spool_folder() == "/var/lib/tiercel/spool"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert spool_folder() == "/state/tiercel/spool"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert spool_folder() == str(Path.home() / ".local/state/tiercel/spool")
