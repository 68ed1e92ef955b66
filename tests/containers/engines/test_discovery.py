# SPDX-License-Identifier: Apache-2.0
"""Discovery of engines by their sockets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.fake_engine import DOCKER_IMAGE, FULL, FakeEngine, docker_container

from tiercel.containers.engines.discovery import make_engine, owner_of, sockets
from tiercel.containers.settings import EngineSettings
from tiercel.errors import EngineError

EVERY = {"docker": ("/var/run/docker.sock",), "podman": ("/run/podman.sock", "/run/user/*/podman.sock")}


def test_sockets_are_found_below_the_hosts_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the host's own /var/run, which is a link that would lead to ours."""
    monkeypatch.setenv("HOST_ROOT", f"{tmp_path}/")
    (tmp_path / "var").mkdir()
    (tmp_path / "var/run").symlink_to("/run")
    for name in ("docker.sock", "podman.sock", "user/1000/podman.sock", "user/1001/podman.sock"):
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "run/user/1002").mkdir()
    (tmp_path / "run/user/1002/podman.sock").symlink_to(tmp_path / "run/podman.sock")
    found = [(name, Path(path).relative_to(tmp_path).as_posix()) for _, name, path in sockets(EngineSettings(EVERY))]
    assert found == [
        ("podman", "run/podman.sock"),
        ("podman", "run/user/1000/podman.sock"),
        ("podman", "run/user/1001/podman.sock"),
        ("docker", "run/docker.sock"),
    ]


def test_an_engine_that_is_not_named_is_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    assert list(sockets(EngineSettings({"docker": ()}))) == []
    assert [name for _, name, _ in sockets(EngineSettings({"docker": (str(tmp_path / "s"),)}))] == ["docker"]


@pytest.mark.usefixtures("root")
def test_whose_an_engine_is(tmp_path: Path) -> None:
    folder = tmp_path / "1000"
    folder.mkdir()
    path = folder / "s"
    path.touch()
    assert owner_of(str(path)) is None
    os.chown(path, 7, 7)
    assert owner_of(str(path)) == 7
    os.chown(path, 0, 0)
    os.chown(folder, 8, 8)  # he could put another socket in its place
    assert owner_of(str(path)) == 8
    assert owner_of(str(folder / "gone")) is not None


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_users_engine_may_say_less(tmp_path: Path, name: str) -> None:
    """He could have the sensor take half a gigabyte to read one answer."""
    base = "/v4.0.0/libpod" if name == "podman" else ""
    with FakeEngine(tmp_path / "s", base) as server:
        server.containers[FULL] = docker_container() | {"ImageName": "a:1", "junk": "x" * (1 << 20)}
        server.images["sha256:" + "ab" * 32] = DOCKER_IMAGE
        settings = EngineSettings({name: (str(server.path),)})
        assert make_engine(name, str(server.path), settings).lookup(FULL) is not None
        os.chown(server.path, 7, 7)
        with pytest.raises(EngineError, match="more than 1024 KiB"):
            make_engine(name, str(server.path), settings).lookup(FULL)
        server.containers[FULL]["junk"] = ""
        assert make_engine(name, str(server.path), settings).lookup(FULL) is not None
