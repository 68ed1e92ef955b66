# SPDX-License-Identifier: Apache-2.0
"""What is known of a container, as a process table is told it."""

from __future__ import annotations

import pytest

from tiercel.containers.info import Image, Info, Mount, Value, short_id, size_of


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("busybox", Image("busybox")),
        ("busybox:1.36", Image("busybox", "1.36")),
        ("host:5000/a/b", Image("host:5000/a/b")),
        ("host:5000/a/b:v1", Image("host:5000/a/b", "v1")),
        ("a/b@sha256:12", Image("a/b", "", "sha256:12")),
        ("a/b:v2@sha256:12", Image("a/b", "v2", "sha256:12")),
        ("", Image("")),
    ],
)
def test_an_image_name_is_split(name: str, image: Image) -> None:
    assert Image.parse(name) == image


def test_a_mount_shows_whether_it_can_be_written() -> None:
    assert Mount("/a", "/b", "z", False, "rslave").row() == ("/a", "/b", "z", "false", "rslave")
    assert Mount("/a", "/b").row() == ("/a", "/b", "", "true", "")


def test_values_are_plain_and_complete() -> None:
    info = Info("ab" * 32, "docker", "web", labels={"a": "b"}, mounts=(Mount("/a", "/b"),), healthcheck=("true",))
    values = info.values()
    assert values["full_id"] == "ab" * 32
    assert (values["type"], values["name"], values["privileged"]) == ("docker", "web", False)
    assert values["labels"] == {"a": "b"}
    assert values["mounts"] == [("/a", "/b", "", "true", "")]
    assert values["healthcheck"] == ["true"]
    assert short_id(info.id) == "ab" * 6


def test_what_an_engine_does_not_say_has_no_value():
    values = Info("a", "cri", privileged=None, host_network=True).values()
    assert "privileged" not in values
    assert (values["host_network"], values["host_pid"]) == (True, False)


@pytest.mark.parametrize(
    ("value", "size"),
    [(True, 0), ("ab", 2), ({"ab": "c"}, 3), (["ab", "c"], 3), ([("a", "bc"), ("", "d")], 4), ([], 0)],
)
def test_how_long_a_value_is(value: Value, size: int) -> None:
    assert size_of(value) == size
