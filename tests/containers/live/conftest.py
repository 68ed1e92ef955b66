# SPDX-License-Identifier: Apache-2.0
"""The engines, each in a world of its own, started when a test first wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support import live
from support.engines import images
from support.engines.daemons import Docker, Engine, Podman
from support.engines.images import Image
from support.engines.kubernetes import PAUSE, Containerd
from support.engines.world import World, engines_problem

ENGINES = {engine.name: engine for engine in (Podman, Docker, Containerd)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the live kernel."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.kernel)


@pytest.fixture(scope="package")
def make_image(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Image]:
    """Makes an image: as :func:`support.engines.images.make`, without the folder."""
    folder = tmp_path_factory.mktemp("images")
    return lambda name, **options: images.make(folder, name, **options)


@pytest.fixture(scope="package")
def image(make_image: Callable[..., Image]) -> Image:
    """An image that engines have loaded: its containers sleep."""
    return make_image("registry.test/team/app:1.2", config={"Labels": {"maker": "tests"}})


@pytest.fixture(scope="package")
def other(make_image: Callable[..., Image]) -> Image:
    """Another one, of another name."""
    return make_image("registry.test/ops/tool:latest", config={"Labels": {"maker": "others"}})


@pytest.fixture(scope="package")
def begin(image: Image, other: Image, make_image: Callable[..., Image]) -> Iterator[Callable[[str], Engine]]:
    """Starts an engine by name, once."""
    live.gate(engines_problem(), "TIERCEL_KERNEL_TESTS")
    pause = make_image(PAUSE)
    started: dict[str, Engine] = {}
    with ExitStack() as worlds:

        def begin(name: str) -> Engine:
            if name not in started:
                engine = ENGINES[name](worlds.enter_context(World()))
                engine.start()
                for each in (image, other, pause):
                    engine.load(each)
                started[name] = engine
            started[name].revive()
            return started[name]

        yield begin


@pytest.fixture(scope="module")
def docker(image: Image) -> Iterator[Docker]:
    """Docker in a world with the machine's process ids, for a sensor in a container of it."""
    live.gate(engines_problem(), "TIERCEL_KERNEL_TESTS")
    with World(shared_pids=True) as world:
        docker = Docker(world)
        docker.start()
        docker.load(image)
        yield docker


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, begin: Callable[[str], Engine]) -> Engine:
    """Each engine in turn, as it runs after other tests."""
    return begin(request.param)


@pytest.fixture
def container(engine: Engine, image: Image, request: pytest.FixtureRequest) -> Iterator[str]:
    """The full id of a container that sleeps, named ``sleeper``."""
    id_ = engine.run(image, name="sleeper")
    yield id_
    engine.remove(id_)
