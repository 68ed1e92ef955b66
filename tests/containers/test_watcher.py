# SPDX-License-Identifier: Apache-2.0
"""Questions of a process table, taken to engines that answer, are slow, die, or talk nonsense."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.fake_engine import DOCKER_IMAGE, FULL, FakeEngine, answer, docker_container, until
from support.fake_table import FakeTable

from tiercel.containers import worker
from tiercel.containers.docker import DockerEngine
from tiercel.containers.engine import EngineAbsentError, EngineError
from tiercel.containers.info import Info
from tiercel.containers.settings import EngineSettings, StaticContainer
from tiercel.containers.watcher import Watcher

ABSENT = EngineAbsentError("E905", "somebody else")
PODMAN = "/v4.0.0/libpod"


class World:
    """A table, its watcher, and engines that may be there."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.docker = FakeEngine(folder / "docker.sock")
        self.podman = FakeEngine(folder / "podman.sock", PODMAN)
        self.table = FakeTable()
        self.notices: list[worker.Notice] = []
        self.pods: list[tuple[str, str, Any]] = []
        where = {"docker": (str(self.docker.path),), "podman": (str(self.podman.path),)}
        self.watcher = Watcher(
            self.table,
            EngineSettings(**{"sockets": where, **settings}),
            wait=0.5,
            tell=self.notices.append,
            pods=self,
        )
        for engine in (self.docker, self.podman):
            engine.images["sha256:" + "ab" * 32] = DOCKER_IMAGE

    def ask(self, container: str, cgroup: str) -> None:
        self.pods.append(("ask", container, cgroup))

    def tell(self, container: str, labels: Mapping[str, str]) -> None:
        self.pods.append(("tell", container, dict(labels)))

    def run(self, number: int = 0, *, at: FakeEngine | None = None, appears: bool = True, **ask: Any) -> str:
        """Start a container; return its short id."""
        whole = f"{number:04x}" * 16
        (at or self.docker).containers[whole] = docker_container(whole, ImageName="a/b:1", ImageDigest="sha256:1")
        return self.table.ask(whole, **ask) if appears else whole[:12]

    def told(self, text: str) -> list[str]:
        return [notice[2] for notice in self.notices if text in notice[2]]

    def close(self) -> None:
        self.watcher.close()
        self.docker.stop()
        self.podman.stop()
        self.table.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_container_is_looked_up(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    short = world.run()
    until(lambda: short in world.table.known)
    assert world.table.known[short]["image.repository"] == "registry.example:5000/shop/web"
    assert world.table.missing == []
    assert world.notices == []
    until(lambda: ("tell", short, {"team": "shop"}) in world.pods)


def test_questions_about_pods_are_passed_on(world: World) -> None:
    world.watcher.start()
    short = world.table.ask(FULL, wants="pod", cgroup="/kubepods/pod1/x")
    until(lambda: world.pods == [("ask", short, "/kubepods/pod1/x")])


def test_a_container_that_its_engine_announced_is_known_at_once(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    short = world.run(1, appears=False)
    whole = "0001" * 16
    world.docker.happens("create", whole)
    until(lambda: short in world.watcher._cache)
    world.docker.raw = b"nonsense"
    world.table.ask(whole)
    until(lambda: short in world.table.known)


@pytest.mark.parametrize("answers", [True, False])
def test_a_container_that_was_made_has_an_address_when_it_runs(world: World, answers: bool) -> None:
    """So its engine is asked again; if that says nothing, what it said before must do."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    short = world.run(1, appears=False)
    whole = "0001" * 16
    world.docker.containers[whole]["NetworkSettings"] = {}
    world.docker.happens("create", whole)
    until(lambda: short in world.watcher._cache)
    world.docker.containers[whole]["NetworkSettings"] = {"IPAddress": "10.2.2.2"}
    if not answers:
        world.docker.raw = b"nonsense"
    world.table.ask(whole)
    until(lambda: short in world.table.known)
    assert world.table.known[short]["ip"] == ("10.2.2.2" if answers else "")
    assert world.table.missing == []


@pytest.mark.parametrize("is_first", [True, False])
def test_what_an_engine_announced_is_known_before_it_answers(world: World, is_first: bool) -> None:
    """It says nothing of a container that it is just starting; of that, name and image were in its announcement."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    world.run(1, appears=False)
    world.docker.delay = 30
    whole = "0001" * 16
    short = whole[:12]
    if not is_first:
        world.table.ask(whole)
        until(lambda: short in world.watcher._questions)
    labels = {"team": "shop", "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop"}
    world.docker.happens("create", whole, image="host:5000/shop/web:2.1", name="web", **labels)
    if is_first:
        until(lambda: short in world.watcher._cache)
        world.table.ask(whole)
    until(lambda: short in world.table.announced)
    assert world.table.announced[short] == {
        "full_id": whole,
        "name": "web",
        "type": "docker",
        "image": "host:5000/shop/web:2.1",
        "image.repository": "host:5000/shop/web",
        "image.tag": "2.1",
        "pod.name": "web-0",
        "pod.namespace": "shop",
    }
    assert world.table.known == {}
    assert world.table.missing == []


@pytest.mark.parametrize("answers", [True, False])
def test_details_of_an_announced_container_are_asked_for(world: World, answers: bool) -> None:
    """However late they come; if the engine does not know it any more, they are missing, and nobody is alarmed."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    if answers:
        world.run(1, appears=False)
    world.docker.delay = 0.6
    whole = "0001" * 16
    short = world.table.ask(whole)
    world.docker.happens("create", whole, image="a/b:1", name="web")
    until(lambda: short in world.table.announced)
    assert short not in world.table.known
    until(lambda: short in (world.table.known if answers else world.table.missing))
    assert (short in world.table.known) is answers
    assert world.notices == []


def test_changes_are_followed(world: World) -> None:
    """An address is there only when the container has started."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    whole = "0001" * 16
    short = world.run(1)
    until(lambda: short in world.table.known)
    world.docker.containers[whole]["NetworkSettings"] = {"IPAddress": "10.1.1.1"}
    world.docker.happens("start", whole)
    until(lambda: world.table.known[short]["ip"] == "10.1.1.1")
    world.docker.containers[whole]["NetworkSettings"] = {}  # it has ended
    world.docker.containers[whole]["Name"] = "/other"
    world.docker.happens("rename", whole)
    until(lambda: world.table.known[short]["name"] == "other")
    assert world.table.known[short]["ip"] == "10.1.1.1"


def test_one_that_is_announced_and_gone_before_it_is_asked_about(world: World) -> None:
    """An engine may tell of all that happened at once; then nobody can be asked any more."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    whole = "0001" * 16
    for change in ("create", "start", "destroy"):
        world.docker.happens(change, whole, image="a/b:1", name="web")
    until(lambda: any(whole in path for path in world.docker.asked))
    world.docker.happens("create", "0002" * 16, image="a/b:2", name="next")
    until(lambda: "0002" * 3 in world.watcher._cache)
    short = world.table.ask(whole)
    until(lambda: short in world.table.missing)
    assert world.table.announced[short]["image"] == "a/b:1"


def test_a_name_that_is_free_again_may_be_anothers(world: World) -> None:
    """An id of the user's own choice says nothing of what has it next."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    (docker,) = [one for one in world.watcher._workers.values() if one.name == "docker"]
    for container in ("web", FULL):
        world.watcher._cache.put(container[:12], (docker, Info(container, "docker")))
        world.watcher.changed(docker, ("removed", container))
    assert list(world.watcher._cache) == [FULL[:12]]


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"{}", b'{"Action": "create", "id": 7}', b"x" * (2 << 20)])
def test_nonsense_among_events(world: World, line: bytes) -> None:
    """It is overheard, or the engine is listened to anew; no word of it to a user, as nothing is missing."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    world.docker.say(line)
    short = world.run(1, appears=False)

    def is_known() -> bool:
        world.docker.happens("create", "0001" * 16)
        return short in world.watcher._cache

    until(is_known)
    assert world.notices == []


def test_a_container_that_appears_late_in_its_engine_is_asked_for_again(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    short = world.table.ask("0001" * 16)
    until(lambda: len(world.docker.asked) > 3)
    world.run(1, appears=False)
    until(lambda: short in world.table.known)


def test_nobody_knows_a_container(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    short = world.table.ask(FULL)
    until(lambda: short in world.table.missing)
    assert world.notices == []  # not everything that looks like a container is one


def test_a_container_that_is_gone_is_asked_for_no_more(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    short = world.table.ask(FULL)
    world.table.gone(short)
    until(lambda: world.docker.asked and not world.watcher._questions)
    assert not world.watcher._unknown
    assert world.table.missing == world.notices == []


def test_there_is_no_engine(world: World) -> None:
    """Events wait for nothing, and a user learns why details are missing: once."""
    world.watcher.start()
    began = time.monotonic()
    world.table.ask(FULL)
    until(lambda: world.table.missing)
    assert time.monotonic() - began < 5
    world.table.ask("9" * 64)
    until(lambda: len(world.table.missing) > 1)
    assert len(world.told("has no engine that could be asked")) == 1


def test_podmans_containers_are_podmans(world: World) -> None:
    """Docker is not waited for; where podman's service does not run, a hint says how to start it."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    world.table.ask(FULL, matcher="podman")
    until(lambda: world.table.missing)
    assert world.told("systemctl enable --now podman.socket")
    assert all(not path.startswith("/containers") for path in world.docker.asked)


def test_an_engine_that_appears_later_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiercel.containers.watcher._LOOK_EVERY", 0.05)
    world.watcher.start()
    short = world.run()
    until(lambda: world.table.missing)
    world.docker.start()
    until(lambda: short in world.table.known)


def test_several_engines_know_a_container(world: World) -> None:
    world.docker.start()
    world.podman.start()
    world.podman.delay = 0.05
    world.watcher.start()
    world.run(1, at=world.podman, appears=False)
    short = world.run(1)
    until(lambda: short in world.table.known)
    assert world.table.known[short]["type"] == "podman"


@pytest.mark.parametrize("trusted", [False, True])
def test_a_users_engine_is_believed_about_his_own_containers_only(
    world: World, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    monkeypatch.setattr("tiercel.containers.watcher.owner_of", lambda path: 1000 if "podman" in path else None)
    world.podman.start()
    world.watcher.start()
    until(lambda: world.podman.followers)
    slice_ = "/user.slice/user-1000.slice/user@1000.service/user.slice" if trusted else "/machine.slice"
    whole = "0001" * 16
    world.run(1, at=world.podman, appears=False)
    world.podman.happens("create", whole)
    short = world.table.ask(whole, matcher="podman", cgroup=f"{slice_}/libpod-{whole}.scope")
    until(lambda: short in (world.table.known if trusted else world.table.missing))
    assert (short in world.table.known) is trusted
    asked = [path for path in world.podman.asked if "/json" in path]
    assert bool(asked) is trusted


def test_one_engine_does_not_wait_for_another(world: World) -> None:
    world.docker.start()
    world.podman.start()
    world.podman.delay = 30
    world.watcher.start()
    short = world.run()
    until(lambda: short in world.table.known)
    assert world.table.known[short]["type"] == "docker"


def test_an_engine_is_slow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning, and the answer is taken however late it comes."""
    monkeypatch.setattr(worker, "SLOW", 0.2)
    world.docker.start()
    world.docker.delay = 0.6
    world.watcher.start()
    short = world.run()
    until(lambda: short in world.table.known)
    assert len(world.told("is slow")) == 1
    world.docker.delay = 0.0
    other = world.run(2)
    until(lambda: other in world.table.known)
    until(lambda: world.told("answers again"))
    assert len(world.notices) == 2


def test_an_engine_dies_and_comes_back(world: World) -> None:
    """One warning in between, without anybody asking; what was not known is known then."""
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    world.docker.stop()
    until(lambda: world.told("cannot be asked"))
    short = world.run(3)
    until(lambda: short in world.table.missing)
    world.docker.start()
    until(lambda: short in world.table.known)
    until(lambda: world.told("answers again"))
    until(lambda: world.docker.followers)
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
def test_an_engine_answers_badly_and_recovers(world: World, bad: dict[str, Any]) -> None:
    world.docker.start()
    world.watcher.start()
    until(lambda: world.docker.followers)
    for name, value in bad.items():
        setattr(world.docker, name, value)
    shorts = [world.run(number) for number in range(1, 8)]
    until(lambda: set(shorts) <= set(world.table.missing))
    until(lambda: world.told("cannot be asked"))
    world.docker.raw = world.docker.cut = None
    until(lambda: set(shorts) <= set(world.table.known))
    until(lambda: world.told("answers again"))
    assert len(world.told("cannot be asked")) == 1


def test_one_container_about_which_an_engine_talks_nonsense_does_no_harm_to_others(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    world.docker.containers[FULL] = [1, 2, 3]
    bad = world.table.ask(FULL)
    until(lambda: bad in world.table.missing)
    until(lambda: world.told("cannot be asked"))
    good = world.run(1)
    until(lambda: good in world.table.known)
    assert good not in world.table.missing


@pytest.mark.parametrize("error", [EngineError("E904", "no grpc", hint="pip install it"), ABSENT])
def test_an_engine_that_cannot_ever_be_asked(world: World, monkeypatch: pytest.MonkeyPatch, error: EngineError) -> None:
    """No warning, as nothing may be missing; what to install is told with the first container that nobody knows."""

    def refuse(_: object) -> str:
        raise error

    monkeypatch.setattr(DockerEngine, "version", refuse)
    monkeypatch.setattr(DockerEngine, "lookup", lambda *_: refuse(_))
    world.docker.start()
    world.watcher.start()
    until(lambda: all(one.down for one in world.watcher._workers.values()))
    assert world.notices == []
    shorts = [world.run(number) for number in range(5)]
    until(lambda: set(shorts) <= set(world.table.missing))
    (told,) = world.told("has no engine that could be asked")
    assert len(world.notices) == 1
    assert ("no grpc; pip install it" in told) is (error.code == "E904")


def test_a_mistake_of_ours_is_an_outage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(DockerEngine, "lookup", fail)
        world.docker.start()
        world.watcher.start()
        shorts = [world.run(number) for number in range(5)]
        until(lambda: set(shorts) <= set(world.table.missing))
        until(lambda: world.told("cannot be asked (ZeroDivisionError())"))
    until(lambda: set(shorts) <= set(world.table.known))


def test_what_is_said_of_every_container_by_the_settings(tmp_path: Path) -> None:
    world = World(tmp_path, static=StaticContainer(id="xyz", name="app", image="r/i:1"))
    try:
        world.watcher.start()
        short = world.table.ask(FULL)
        until(lambda: short in world.table.known)
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


def test_kinds_without_an_engine_are_known_by_their_control_groups(world: World) -> None:
    world.watcher.start()
    for matcher, kind in (("lxc", "lxc"), ("libvirt_lxc", "libvirt-lxc"), ("bpm", "bpm")):
        short = world.table.ask(f"{matcher}-1", matcher=matcher, cgroup="/lxc/x")
        until(lambda short=short: short in world.table.known)
        assert world.table.known[short]["type"] == kind


def test_users_of_a_container_are_read(world: World) -> None:
    """From files of a process there; one that is gone or has the host's files tells nothing."""
    world.watcher.start()
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    start_ns = ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))
    gone = world.table.ask("1" * 64, wants="names", tgid=os.getpid(), start_ns=start_ns + 1_000_000_000)
    ours = world.table.ask("2" * 64, wants="names", tgid=os.getpid(), start_ns=start_ns)
    until(lambda: gone in world.table.names and ours in world.table.names)
    assert set(world.table.names.values()) == {None}


def test_details_that_a_table_does_not_take_are_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise ValueError

    world.docker.start()
    monkeypatch.setattr(world.table, "set_container", refuse)
    world.watcher.start()
    short = world.run()
    until(lambda: short in world.table.missing)


def test_many_containers(world: World) -> None:
    world.docker.start()
    world.watcher.start()
    shorts = [world.run(number) for number in range(1, 501)]
    until(lambda: set(shorts) <= set(world.table.known), 60)
    assert world.table.missing == []


def test_closing_ends_all_threads(world: World) -> None:
    before = set(threading.enumerate())
    world.docker.start()
    world.docker.delay = 60
    world.watcher.start()
    world.run()
    until(lambda: world.docker.asked)
    world.watcher.close()
    world.docker.stop()
    until(lambda: not [one for one in set(threading.enumerate()) - before if one.name.startswith("tiercel")])
