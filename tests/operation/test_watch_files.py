# SPDX-License-Identifier: Apache-2.0
"""Changes of files, as editors, package managers and Kubernetes make them."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tiercel.operation.watch_files import FileWatch, state_of

PATIENCE = 30.0


class Watched:
    """A watch, and the number of changes that it reported."""

    def __init__(self, *paths: Path) -> None:
        self.changes = 0
        names = [str(path) for path in paths]
        self.watch = FileWatch(names, state_of(names), self._count)
        self.watch.work()  # compares once, so that later changes must come from inotify

    def _count(self) -> None:
        self.changes += 1

    def run(self, until: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Work as the main loop does."""
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            wait = max(0.0, min(self.watch.due(), end) - time.monotonic())
            select.select([self.watch.fileno()], [], [], wait)
            self.watch.work()

    def sees(self, change: Callable[[], object]) -> bool:
        """Return whether a change is reported, and once."""
        before = self.changes
        change()
        self.run(lambda: self.changes > before)
        self.run(lambda: False, 0.3)
        return self.changes == before + 1

    def is_quiet(self) -> bool:
        before = self.changes
        self.run(lambda: False, 0.4)
        return self.changes == before


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "conf" / "rules.yaml"
    path.parent.mkdir()
    path.write_text("one")
    return path


@pytest.fixture
def watched(file: Path) -> Iterator[Watched]:
    made = Watched(file)
    yield made
    made.watch.close()


def replace(file: Path, text: str) -> None:
    other = file.with_suffix(".new")
    other.write_text(text)
    other.rename(file)


def test_a_file_that_is_written(file: Path, watched: Watched) -> None:
    assert watched.is_quiet()
    assert watched.sees(lambda: file.write_text("other"))
    assert watched.sees(lambda: replace(file, "other!"))
    assert watched.sees(lambda: replace(file, "and again"))


def test_other_files_of_the_folder_do_not_count(file: Path, watched: Watched) -> None:
    (file.parent / "other.yaml").write_text("x")
    file.read_text()
    assert watched.is_quiet()


def test_many_writes_are_one_change(file: Path, watched: Watched) -> None:
    assert watched.sees(lambda: [file.write_text("x" * number) for number in range(50)])


def test_a_file_that_goes_and_comes_back(file: Path, watched: Watched) -> None:
    assert watched.sees(file.unlink)
    assert watched.sees(lambda: file.write_text("back"))


def test_a_folder_that_goes_and_comes_back(file: Path, watched: Watched, tmp_path: Path) -> None:
    away = tmp_path / "away"
    assert watched.sees(lambda: file.parent.rename(away))
    assert watched.sees(lambda: away.rename(file.parent)) or watched.is_quiet()
    assert watched.sees(lambda: file.write_text("still watched"))


def test_a_change_between_reading_and_watching(file: Path) -> None:
    seen = state_of([str(file)])
    file.write_text("changed before the watch")
    changes: list[str] = []
    watch = FileWatch([str(file)], seen, lambda: changes.append("change"))
    watch.work()
    watch.close()
    assert changes == ["change"]


def test_a_folder_of_rules(file: Path) -> None:
    watched = Watched(file.parent)
    assert watched.sees(lambda: (file.parent / "more.yaml").write_text("x"))
    assert watched.sees(lambda: (file.parent / "more.yaml").write_text("xy"))
    assert watched.sees(file.unlink)
    watched.watch.close()


def test_a_config_map(tmp_path: Path) -> None:
    """Kubernetes replaces a link that the files' links lead through."""
    for version in ("v1", "v2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "rules.yaml").write_text(version)
    (tmp_path / "..data").symlink_to("v1")
    (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
    watched = Watched(tmp_path / "rules.yaml")

    def swap() -> None:
        (tmp_path / "..new").symlink_to("v2")
        (tmp_path / "..new").rename(tmp_path / "..data")

    assert watched.sees(swap)
    assert watched.sees(lambda: (tmp_path / "v2/rules.yaml").write_text("in place"))
    watched.watch.close()


def test_a_path_that_does_not_exist_yet(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "a" / "b" / "rules.yaml")
    (tmp_path / "a").mkdir()
    watched.run(lambda: False, 0.3)
    (tmp_path / "a/b").mkdir()
    watched.run(lambda: False, 0.3)
    assert watched.sees(lambda: (tmp_path / "a/b/rules.yaml").write_text("x"))
    watched.watch.close()


def test_other_files_from_now_on(file: Path, tmp_path: Path, watched: Watched) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("x")
    watched.watch.follow([str(other)])
    file.write_text("no longer of interest")
    assert watched.is_quiet()
    assert watched.sees(lambda: other.write_text("y"))


def test_hostile_names(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    odd = tmp_path / "line\nend\udcff"
    odd.write_text("x")
    watched = Watched(loop, odd, Path("/"), Path("/proc/self/none/x"))
    assert watched.sees(lambda: odd.write_text("y"))
    watched.watch.close()


def test_a_link_in_the_middle_of_the_way(tmp_path: Path) -> None:
    """Each folder on the way is watched: that of the path, of the link, and of the file."""
    for name in ("etc", "alternatives", "v1", "v2"):
        (tmp_path / name).mkdir()
    for version in ("v1", "v2"):
        (tmp_path / version / "rules.yaml").write_text(version)
    (tmp_path / "alternatives/rules").symlink_to("../v1/rules.yaml")
    (tmp_path / "etc/rules.yaml").symlink_to("../alternatives/rules")
    watched = Watched(tmp_path / "etc/rules.yaml")

    def swap() -> None:
        (tmp_path / "alternatives/new").symlink_to("../v2/rules.yaml")
        (tmp_path / "alternatives/new").rename(tmp_path / "alternatives/rules")

    assert watched.sees(swap)
    assert watched.sees(lambda: (tmp_path / "v2/rules.yaml").write_text("in place"))
    watched.watch.close()


def test_a_folder_that_is_a_link(tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "rules.yaml").write_text(version)
    (tmp_path / "current").symlink_to("v1")
    watched = Watched(tmp_path / "current/rules.yaml")

    def swap() -> None:
        (tmp_path / "new").symlink_to("v2")
        (tmp_path / "new").rename(tmp_path / "current")

    assert watched.sees(swap)
    watched.watch.close()
