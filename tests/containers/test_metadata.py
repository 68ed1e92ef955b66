# SPDX-License-Identifier: Apache-2.0
"""Container metadata in the form that a process table takes."""

from __future__ import annotations

import pytest

from tiercel.containers.metadata import ContainerInfo, Image, Mount, short_id


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
    info = ContainerInfo(
        "ab" * 32, "docker", "web", labels={"a": "b"}, mounts=(Mount("/a", "/b"),), healthcheck=("true",)
    )
    values = info.values()
    assert values["full_id"] == "ab" * 32
    assert (values["type"], values["name"], values["privileged"]) == ("docker", "web", False)
    assert values["labels"] == {"a": "b"}
    assert values["mounts"] == [("/a", "/b", "", "true", "")]
    assert values["healthcheck"] == ["true"]
    assert short_id(info.id) == "ab" * 6


def test_what_an_engine_does_not_say_has_no_value():
    values = ContainerInfo("a", "cri", privileged=None, host_network=True).values()
    assert "privileged" not in values
    assert (values["host_network"], values["host_pid"]) == (True, False)


LONG = ContainerInfo(
    "ab" * 32,
    "docker",
    mounts=(Mount("/a" * 50, "/b"),),
    labels={"a": "b" * 200},
    env=("A=b", "C=" + "d" * 400),
    pod_labels={"x": "y" * 300},
    healthcheck=("true",),
)


@pytest.mark.parametrize(
    ("most", "dropped_fields"),
    [
        (2000, set()),
        (700, {"env"}),
        (400, {"env", "pod.labels"}),
        (150, {"env", "pod.labels", "labels"}),
        (4, {"env", "pod.labels", "labels", "mounts"}),
        (0, {"env", "pod.labels", "labels", "mounts", "healthcheck"}),
    ],
)
def test_the_longest_is_left_out(most: int, dropped_fields: set[str]) -> None:
    """So much that the rest fits; it is not known then, which is not the same as empty."""
    kept = LONG.truncated(most)
    assert kept.dropped_fields == dropped_fields
    assert kept.values().keys() == LONG.values().keys() - dropped_fields
    assert all(kept.values()[name] == LONG.values()[name] for name in kept.values())
    assert kept.truncated(most) == kept
    assert {name for name in ("env", "labels", "mounts") if not getattr(kept, name)} == dropped_fields & {
        "env",
        "labels",
        "mounts",
    }
