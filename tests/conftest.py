# SPDX-License-Identifier: Apache-2.0
"""Options, gates and fixtures of the whole suite."""

from __future__ import annotations

import collections
import importlib.util
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest
from support import calls, live
from support.examples import USUAL

from tiercel.testing import plugin

WHEEL_TESTS = Path(__file__).parent / "wheel"

# How long one example takes says more about the machine than about what is tried: by default 200 ms are a failure.
hypothesis.settings.register_profile(
    "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], max_examples=USUAL
)
# For `make check`, and under the sanitizers, where an example takes five times as long. `support.examples` has what
# follows for tests that state a number of examples.
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("tests"), max_examples=USUAL // 5)
# For a night: pytest --hypothesis-profile=nightly -o faulthandler_timeout=0
hypothesis.settings.register_profile("nightly", hypothesis.settings.get_profile("tests"), max_examples=10 * USUAL)
hypothesis.settings.load_profile("quick" if "ASAN_OPTIONS" in os.environ else "tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing them")
    parser.addoption("--wheel", metavar="FOLDER", type=Path, help="the distributions that tests/wheel looks at")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the tests of a built wheel to `make wheel-check`."""
    return True if collection_path == WHEEL_TESTS and not config.getoption("--wheel") else None


def pytest_configure(config: pytest.Config) -> None:
    """Collect tests of rules, also where tiercel is not installed; take back the signals that a shell ignores.

    `nohup` and `&` leave signals ignored that tests send to what they start.
    """
    if not config.pluginmanager.has_plugin("tiercel"):
        config.pluginmanager.register(plugin, "tiercel")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give parallel workers the files with slow tests first: one at the end would run alone.

    The other files keep their order: a worker runs files of one folder in a row, and starts what they share once.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("kernel"):
        live.gate(live.kernel_problem(), "TIERCEL_KERNEL_TESTS")
    if item.get_closest_marker("shared"):
        live.gate(live.shared_problem(), "TIERCEL_REQUIRE_SHARED")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was skipped, and why: a skip is never silent."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = collections.Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    terminalreporter.section("not run")
    terminalreporter.line(f"tests that this machine could not run: {sum(reasons.values())}")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"  {count}: {reason}")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return live.REPOSITORY


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with the specification (``spec/``, ``peer/``)."""
    live.gate(live.shared_problem(), "TIERCEL_REQUIRE_SHARED")
    return live.SHARED


@pytest.fixture(scope="session")
def live_kernel() -> None:
    """Gate: a kernel that loads BPF programs, and the privileges for it."""
    live.gate(live.kernel_problem(), "TIERCEL_KERNEL_TESTS")


@pytest.fixture(scope="session")
def root() -> None:
    """Gate: the tests run as root."""
    live.gate(live.root_problem())


@pytest.fixture(scope="session")
def version_1() -> None:
    """Gate: there are control groups of version 1."""
    live.gate(live.version_1_problem())


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or rewrite the file under ``--update-golden``."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return
        assert path.exists(), f"{path} is missing: run pytest --update-golden, then review the diff"
        assert text == path.read_text()

    return compare


@pytest.fixture(scope="session")
def build(repository: Path) -> ModuleType:
    """The build script as a module."""
    spec = importlib.util.spec_from_file_location("tiercel_setup", repository / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that does single system calls; its resolved path."""
    return calls.build(tmp_path_factory.mktemp("program").resolve() / "calls")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that tests reach in odd ways."""
    path = tmp_path / "etc" / "secret"
    path.parent.mkdir()
    path.write_text("secret")
    return path


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
