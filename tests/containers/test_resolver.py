# SPDX-License-Identifier: Apache-2.0
"""Questions of a process table, taken to engines that answer, are slow, die, or talk nonsense."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.fake_engine import FULL, answer
from support.waiting import eventually
from support.watched import Watched

from tiercel._core.state.process_table import ProcessTable
from tiercel.containers.engines import worker
from tiercel.containers.engines.docker import DockerEngine
from tiercel.containers.engines.interface import EngineAbsentError, EngineError
from tiercel.containers.lookup_states import State
from tiercel.containers.settings import StaticContainer

ABSENT = EngineAbsentError("E905", "somebody else")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.close()


def test_a_container_is_looked_up(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    short = world.run()
    eventually(lambda: short in world.table.known)
    assert world.table.known[short]["image.repository"] == "registry.example:5000/shop/web"
    assert world.table.missing == []
    assert world.notices == []
    eventually(lambda: ("labels", short, {"team": "shop"}) in world.pods)


@pytest.mark.parametrize("is_users", [False, True])
def test_a_long_environment_hides_nothing_else(world: Watched, monkeypatch: pytest.MonkeyPatch, is_users: bool) -> None:
    """Nor does it fill the memory; less is kept from a user's engine, as it may report any number of containers."""
    owner = 1000 if is_users else None
    monkeypatch.setattr("tiercel.containers.resolver.owner_of", lambda _: owner)
    real, known = ProcessTable(), world.table.set_container

    def set_container(container: str, values: Mapping[str, Any]) -> bool:
        real.set_container(container, values)
        return known(container, values)

    monkeypatch.setattr(world.table, "set_container", set_container)
    world.docker.start()
    world.resolver.start()
    short = world.run(appears=False)
    found = world.docker.containers["0000" * 16]
    found["Config"]["Env"] = [f"V{number}={'x' * 4000}" for number in range(300)]
    found["Mounts"] = [{"Source": "/" + "m" * 4000, "Destination": f"/{number}"} for number in range(5)]
    world.table.request("0000" * 16, cgroup=f"/user.slice/user-1000.slice/docker-{'0000' * 16}.scope")
    eventually(lambda: short in world.table.known or short in world.table.missing)
    assert world.table.known[short]["image.repository"] == "registry.example:5000/shop/web"
    assert world.table.known[short]["labels"] == {"team": "shop"}
    assert "env" not in world.table.known[short]
    assert ("mounts" in world.table.known[short]) is not is_users
    kept = world.resolver._machine.metadata(short)
    assert kept is not None
    assert kept.env == ()


def test_questions_about_pods_are_passed_on(world: Watched) -> None:
    world.resolver.start()
    short = world.table.request(FULL, part="pod", cgroup="/kubepods/pod1/x")
    eventually(lambda: world.pods == [("request", short, "/kubepods/pod1/x")])


def test_changes_are_followed(world: Watched) -> None:
    """An address is there only when the container has started."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    whole = "0001" * 16
    short = world.run(1)
    eventually(lambda: short in world.table.known)
    world.docker.containers[whole]["NetworkSettings"] = {"IPAddress": "10.1.1.1"}
    world.docker.happens("start", whole)
    eventually(lambda: world.table.known[short]["ip"] == "10.1.1.1")
    world.docker.containers[whole]["NetworkSettings"] = {}  # it has ended
    world.docker.containers[whole]["Name"] = "/other"
    world.docker.happens("rename", whole)
    eventually(lambda: world.table.known[short]["name"] == "other")
    assert world.table.known[short]["ip"] == "10.1.1.1"


def test_a_container_that_appears_late_in_its_engine_is_asked_for_again(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    short = world.table.request("0001" * 16)
    eventually(lambda: len(world.docker.requests) > 3)
    world.run(1, appears=False)
    eventually(lambda: short in world.table.known)


def test_nobody_knows_a_container(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    short = world.table.request(FULL)
    eventually(lambda: short in world.table.missing)
    assert world.notices == []  # not everything that looks like a container is one


def test_counters(world: Watched) -> None:
    def docker() -> tuple[str, bool, bool]:
        (stats,) = world.resolver.stats().engines
        assert (stats.name, stats.socket) == ("docker", str(world.docker.path))
        return stats.state, stats.lookups > 0, stats.failed > 0

    world.docker.path.touch()
    world.resolver.start()
    eventually(lambda: all(one.down for one in world.resolver._workers.values()))  # until then it gets requests
    short = world.table.request(FULL)
    eventually(lambda: world.resolver.stats().unknown == 1)
    assert docker() == ("absent", False, False)
    world.docker.path.unlink()
    world.docker.start()
    eventually(lambda: docker() == ("up", True, False))
    assert world.resolver.stats().unknown == 1
    world.run(1)
    eventually(lambda: len(world.table.known) == 1)
    assert world.resolver.stats().unknown == 1
    world.table.gone(short)
    assert world.resolver.stats().unknown == 0
    world.docker.stop()
    eventually(lambda: docker() == ("down", True, True))


def test_a_container_that_is_gone_is_asked_for_no_more(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    short = world.table.request(FULL)
    world.table.gone(short)
    eventually(lambda: world.docker.requests and world.resolver._machine.state(short) is State.NONE)
    assert world.table.missing == world.notices == []


def test_there_is_no_engine(world: Watched) -> None:
    """Events wait for nothing, and a user learns why details are missing: once."""
    world.resolver.start()
    began = time.monotonic()
    world.table.request(FULL)
    eventually(lambda: world.table.missing)
    assert time.monotonic() - began < 5
    world.table.request("9" * 64)
    eventually(lambda: len(world.table.missing) > 1)
    assert len(world.notices_with("has no engine that could be queried")) == 1


def test_podmans_containers_are_podmans(world: Watched) -> None:
    """Docker is not waited for; where podman's service does not run, a hint says how to start it."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    world.table.request(FULL, matcher="podman")
    eventually(lambda: world.notices_with("systemctl enable --now podman.socket"))
    assert len(world.table.missing) == 1
    assert all(not path.startswith("/containers") for path in world.docker.requests)


def test_an_engine_that_appears_later_is_found(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiercel.containers.resolver._SOCKET_SCAN_PERIOD", 0.05)
    world.resolver.start()
    short = world.run()
    eventually(lambda: world.table.missing)
    world.docker.start()
    eventually(lambda: short in world.table.known)


def test_several_engines_know_a_container(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lookup waits for the first engine in the order, though not for long: for longer here."""
    monkeypatch.setattr("tiercel.containers.lookup_machine._PATIENCE", 15)
    monkeypatch.setattr(world.resolver._machine, "_wait", 30)
    world.docker.start()
    world.podman.start()
    world.podman.gate.clear()
    world.resolver.start()
    world.run(1, at=world.podman, appears=False)
    short = world.run(1)
    eventually(lambda: world.resolver._machine.metadata(short))
    world.podman.gate.set()
    eventually(lambda: short in world.table.known)
    assert world.table.known[short]["type"] == "podman"


@pytest.mark.parametrize("trusted", [False, True])
def test_a_users_engine_is_believed_about_his_own_containers_only(
    world: Watched, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    monkeypatch.setattr("tiercel.containers.resolver.owner_of", lambda path: 1000 if "podman" in path else None)
    world.podman.start()
    world.resolver.start()
    eventually(lambda: world.podman.followers)
    slice_ = "/user.slice/user-1000.slice/user@1000.service/user.slice" if trusted else "/machine.slice"
    whole = "0001" * 16
    world.run(1, at=world.podman, appears=False)
    world.podman.happens("create", whole)
    short = world.table.request(whole, matcher="podman", cgroup=f"{slice_}/libpod-{whole}.scope")
    eventually(lambda: short in (world.table.known if trusted else world.table.missing))
    assert (short in world.table.known) is trusted
    lookups = [path for path in world.podman.requests if "/json" in path]
    assert bool(lookups) is trusted


def test_one_engine_does_not_wait_for_another(world: Watched) -> None:
    world.docker.start()
    world.podman.start()
    world.podman.delay = 30
    world.resolver.start()
    short = world.run()
    eventually(lambda: short in world.table.known)
    assert world.table.known[short]["type"] == "docker"


def test_an_engine_is_slow(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning, and the answer is taken however late it comes."""
    monkeypatch.setattr(worker, "SLOW", 0.2)
    world.docker.start()
    world.docker.gate.clear()
    world.resolver.start()
    short = world.run()
    eventually(lambda: world.notices_with("is slow"))
    world.docker.gate.set()
    eventually(lambda: short in world.table.known)
    assert len(world.notices_with("is slow")) == 1
    other = world.run(2)
    eventually(lambda: other in world.table.known)
    eventually(lambda: world.notices_with("answers again"))
    assert len(world.notices) == 2


def test_an_engine_dies_and_comes_back(world: Watched) -> None:
    """One warning in between, even without a lookup; missing metadata arrives when it is back."""
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    world.docker.stop()
    eventually(lambda: world.notices_with("cannot be queried"))
    short = world.run(3)
    eventually(lambda: short in world.table.missing)
    world.docker.start()
    eventually(lambda: short in world.table.known)
    eventually(lambda: world.notices_with("answers again"))
    eventually(lambda: world.docker.followers)
    assert len(world.notices) == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"raw": b"HTTP/1.1 200 OK\r\n\r\nnonsense"},
        {"raw": answer([1])},
        {"raw": b"HTTP/1.1 500 No\r\n\r\n"},
        {"raw": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (17 << 20)},
        {"cut": 40},
        {"cut": 0},
    ],
)
def test_an_engine_answers_badly_and_recovers(world: Watched, bad: dict[str, Any]) -> None:
    world.docker.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    for name, value in bad.items():
        setattr(world.docker, name, value)
    shorts = [world.run(number) for number in range(1, 8)]
    eventually(lambda: set(shorts) <= set(world.table.missing))
    eventually(lambda: world.notices_with("cannot be queried"))
    world.docker.raw = world.docker.cut = None
    eventually(lambda: set(shorts) <= set(world.table.known))
    eventually(lambda: world.notices_with("answers again"))
    assert len(world.notices_with("cannot be queried")) == 1


def test_one_container_about_which_an_engine_talks_nonsense_does_no_harm_to_others(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    world.docker.containers[FULL] = [1, 2, 3]
    bad = world.table.request(FULL)
    eventually(lambda: bad in world.table.missing)
    eventually(lambda: world.notices_with("cannot be queried"))
    good = world.run(1)
    eventually(lambda: good in world.table.known)
    assert good not in world.table.missing


@pytest.mark.parametrize("error", [EngineError("E904", "no grpc", hint="pip install it"), ABSENT])
def test_an_engine_that_cannot_ever_be_asked(
    world: Watched, monkeypatch: pytest.MonkeyPatch, error: EngineError
) -> None:
    """No warning, as nothing may be missing; the first unknown container causes a notice that says what to install."""

    def refuse(_: object) -> str:
        raise error

    monkeypatch.setattr(DockerEngine, "version", refuse)
    monkeypatch.setattr(DockerEngine, "lookup", lambda *_: refuse(_))
    world.docker.start()
    world.resolver.start()
    eventually(lambda: all(one.down for one in world.resolver._workers.values()))
    assert world.notices == []
    shorts = [world.run(number) for number in range(5)]
    eventually(lambda: set(shorts) <= set(world.table.missing))
    (notice,) = world.notices_with("has no engine that could be queried")
    assert len(world.notices) == 1
    assert ("no grpc; pip install it" in notice) is (error.code == "E904")


def test_a_mistake_of_ours_is_an_outage(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(DockerEngine, "lookup", fail)
        world.docker.start()
        world.resolver.start()
        shorts = [world.run(number) for number in range(5)]
        eventually(lambda: set(shorts) <= set(world.table.missing))
        eventually(lambda: world.notices_with("cannot be queried (ZeroDivisionError())"))
    eventually(lambda: set(shorts) <= set(world.table.known))


def test_what_is_said_of_every_container_by_the_settings(tmp_path: Path) -> None:
    world = Watched(tmp_path, static=StaticContainer(id="xyz", name="app", image="r/i:1"))
    try:
        world.resolver.start()
        short = world.table.request(FULL)
        eventually(lambda: short in world.table.known)
        values = world.table.known[short]
        assert [values[key] for key in ("full_id", "name", "image", "image.tag", "type")] == [
            "xyz",
            "app",
            "r/i:1",
            "1",
            "",
        ]
    finally:
        world.close()


def test_kinds_without_an_engine_are_known_by_their_control_groups(world: Watched) -> None:
    world.resolver.start()
    for matcher, kind in (("lxc", "lxc"), ("libvirt_lxc", "libvirt-lxc"), ("bpm", "bpm")):
        short = world.table.request(f"{matcher}-1", matcher=matcher, cgroup="/lxc/x")
        eventually(lambda short=short: short in world.table.known)
        assert world.table.known[short]["type"] == kind


def test_kinds_without_an_engine_that_are_off_are_nobodys(tmp_path: Path) -> None:
    """No engine gets a request for their names, and no notice says that one should run."""
    world = Watched(tmp_path, lxc=False, libvirt_lxc=False, bpm=False)
    try:
        world.resolver.start()
        shorts = [world.table.request(name, matcher=name, cgroup="/lxc/x") for name in ("lxc", "libvirt_lxc", "bpm")]
        eventually(lambda: sorted(world.table.missing) == sorted(shorts))
        assert world.notices == []
        assert {world.resolver._machine.state(short) for short in shorts} == {State.NONE}
    finally:
        world.close()


def test_details_that_a_table_does_not_take_are_missing(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise ValueError

    world.docker.start()
    monkeypatch.setattr(world.table, "set_container", refuse)
    world.resolver.start()
    short = world.run()
    eventually(lambda: short in world.table.missing)


def test_an_internal_error_loses_no_other_lookup(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that came together are independent, and so are the effects of one input."""
    real = world.table.set_container

    def fail_once(container: str, values: Mapping[str, Any]) -> bool:
        monkeypatch.setattr(world.table, "set_container", real)
        raise ZeroDivisionError

    monkeypatch.setattr(world.table, "set_container", fail_once)
    world.docker.start()
    shorts = [world.table.request("1" * 64, matcher="lxc"), world.run(2), world.run(3)]
    world.resolver.start()
    eventually(lambda: set(shorts[1:]) <= set(world.table.known))


def test_one_thread_writes_to_the_table(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a response cannot overtake a newer one."""
    writers: set[str] = set()

    def write(real: Any, *args: Any) -> Any:
        writers.add(threading.current_thread().name)
        return real(*args)

    for name in ("set_container", "announce_container", "container_missing"):
        monkeypatch.setattr(world.table, name, partial(write, getattr(world.table, name)))
    world.docker.start()
    world.podman.start()
    world.resolver.start()
    eventually(lambda: world.docker.followers)
    shorts = [world.run(number) for number in range(1, 20)]
    world.docker.happens("create", "0001" * 16, image="a/b:1", name="web")
    missing = world.table.request("f" * 64)
    eventually(lambda: set(shorts) <= set(world.table.known) and missing in world.table.missing)
    assert writers == {"tiercel-containers"}


def test_a_flood_of_events_delays_no_lookup(world: Watched) -> None:
    """There is always a further event in the inbox; requests and timers have their turn all the same."""

    def flood() -> None:
        world.resolver._post(flood)

    world.docker.start()
    world.resolver.start()
    flood()
    short = world.table.request(FULL)
    eventually(lambda: short in world.table.missing)
    world.run(1)
    eventually(lambda: world.table.known)


def test_many_containers(world: Watched) -> None:
    world.docker.start()
    world.resolver.start()
    shorts = [world.run(number) for number in range(1, 501)]
    eventually(lambda: set(shorts) <= set(world.table.known), 60)
    assert world.table.missing == []


def test_closing_ends_all_threads(world: Watched) -> None:
    before = set(threading.enumerate())
    world.docker.start()
    world.docker.delay = 60
    world.resolver.start()
    world.run()
    eventually(lambda: world.docker.requests)
    world.resolver.close()
    world.docker.stop()
    eventually(lambda: not [one for one in set(threading.enumerate()) - before if one.name.startswith("tiercel")])
