# SPDX-License-Identifier: Apache-2.0
"""Files that only their owner reads, and traps that other users lay where they can write."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tiercel.capture.output_file import CaptureOutput
from tiercel.errors import OutputError, SourceError
from tiercel.outputs import FileOutput
from tiercel.private_files import open_private, private_folder

OTHER = 65534

Opener = Callable[[Path], None]


def append(path: Path) -> None:
    output = FileOutput(path)
    output.close()


def append_each(path: Path) -> None:
    FileOutput(path, keep_open=False)


def capture(path: Path) -> None:
    CaptureOutput(path).close()


openers = pytest.mark.parametrize("opener", [append, append_each, capture])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder like /tmp."""
    path = tmp_path / "shared"
    path.mkdir()
    path.chmod(0o1777)
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("secret")
    return path


@openers
def test_a_new_file_is_for_its_owner_alone(tmp_path: Path, opener: Opener) -> None:
    before = os.umask(0)
    try:
        opener(tmp_path / "file")
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o600


def test_a_capture_in_an_old_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    path.chmod(0o644)
    capture(path)
    assert (mode(path), path.read_text()) == (0o600, "")


def test_alerts_leave_what_was_chosen_for_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")
    path.chmod(0o640)
    append(path)
    assert (mode(path), path.read_text()) == (0o640, "before")


@pytest.mark.kernel
@openers
def test_a_link_of_another_user_is_refused(shared: Path, secret: Path, opener: Opener) -> None:
    link = shared / "link"
    link.symlink_to(secret)
    os.lchown(link, OTHER, OTHER)
    with pytest.raises((OutputError, SourceError), match=f"is a link of another user \\(user {OTHER}\\)"):
        opener(link)
    assert secret.read_text() == "secret"


@pytest.mark.kernel
@openers
def test_so_is_one_that_an_own_link_leads_to(shared: Path, secret: Path, tmp_path: Path, opener: Opener) -> None:
    (tmp_path / "own").symlink_to("shared/link")
    (shared / "link").symlink_to(secret)
    os.lchown(shared / "link", OTHER, OTHER)
    with pytest.raises((OutputError, SourceError), match="is a link of another user"):
        opener(tmp_path / "own")
    assert secret.read_text() == "secret"


@openers
def test_hard_links_where_others_can_write_are_refused(shared: Path, secret: Path, opener: Opener) -> None:
    (shared / "file").hardlink_to(secret)
    with pytest.raises((OutputError, SourceError), match="has other names"):
        opener(shared / "file")
    assert secret.read_text() == "secret"


@pytest.mark.kernel
@pytest.mark.parametrize("kind", ["file", "fifo"])
@openers
def test_what_belongs_to_another_user_where_all_can_write_is_refused(shared: Path, kind: str, opener: Opener) -> None:
    path = shared / kind
    if kind == "file":
        path.write_text("mine")
    else:
        os.mkfifo(path)
    os.chown(path, OTHER, OTHER)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises((OutputError, SourceError), match="belongs to another user"):
        opener(path)
    assert os.read(reader, 10) == (b"mine" if kind == "file" else b"")
    os.close(reader)


@pytest.mark.kernel
@openers
def test_a_folder_of_another_user_may_hold_his_files_but_no_hard_links(
    tmp_path: Path, secret: Path, opener: Opener
) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "alerts").touch()
    (folder / "trap").hardlink_to(secret)
    for path in (folder, folder / "alerts"):
        os.chown(path, OTHER, OTHER)
    opener(folder / "alerts")
    with pytest.raises((OutputError, SourceError), match="has other names"):
        opener(folder / "trap")
    assert secret.read_text() == "secret"


@openers
def test_own_files_and_links_work(shared: Path, tmp_path: Path, opener: Opener) -> None:
    for folder in (shared, tmp_path):
        (folder / "file").write_text("before")
        (folder / "link").symlink_to("file")
        (folder / "dangling").symlink_to(tmp_path / f"made in {folder.name}")
        for name in ("file", "link", "dangling"):
            opener(folder / name)
        assert (tmp_path / f"made in {folder.name}").exists()
    (tmp_path / "second").hardlink_to(tmp_path / "file")  # no other user can make one there
    opener(tmp_path / "file")


@openers
def test_links_in_a_circle(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises((OutputError, SourceError), match="Too many levels of symbolic links"):
        opener(tmp_path / "a")


@pytest.mark.parametrize("by", ["/proc/self/fd/{}", "/dev/fd/{}", "/proc/{pid}/fd/{}"])
def test_an_open_descriptor_by_its_name(by: str) -> None:
    reader, writer = os.pipe()
    fd = open_private(by.format(writer, pid=os.getpid()), append=True)
    os.write(fd, b"text")
    assert os.read(reader, 10) == b"text"
    for each in (fd, reader, writer):
        os.close(each)


@openers
def test_a_fifo_without_a_reader_is_an_error(tmp_path: Path, opener: Opener) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises((OutputError, SourceError), match="is a FIFO that no process reads"):
        opener(tmp_path / "fifo")


@openers
def test_a_fifo_with_a_reader_works(tmp_path: Path, opener: Opener) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    opener(tmp_path / "fifo")
    os.close(reader)


def test_writes_wait_for_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    fd = open_private(tmp_path / "fifo")
    assert os.get_blocking(fd)
    os.close(fd)
    os.close(reader)


@openers
def test_what_is_no_file(tmp_path: Path, opener: Opener) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(tmp_path / "socket"))
        with pytest.raises((OutputError, SourceError), match="is a socket, not a file"):
            opener(tmp_path / "socket")
    with pytest.raises((OutputError, SourceError), match="Is a directory"):
        opener(tmp_path)


def test_a_new_file_replaces_nothing(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    for name in ("secret", "link"):
        with pytest.raises(SourceError, match="File exists"):
            CaptureOutput(tmp_path / name, new=True)
    assert secret.read_text() == "secret"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.kernel
@pytest.mark.parametrize("path", ["/usr/none", "/etc/passwd", "/root/none"])
def test_what_is_forbidden(path: str) -> None:
    os.seteuid(OTHER)
    try:
        with pytest.raises(PermissionError, match="Permission denied"):
            open_private(path)
    finally:
        os.seteuid(0)


# --- Folders ----------------------------------------------------------------------------------------------------------


def test_a_private_folder(tmp_path: Path) -> None:
    for _ in range(2):
        private_folder(tmp_path / "a/b")
    assert mode(tmp_path / "a/b") == 0o700


def test_a_folder_that_is_not_private(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(PermissionError, match="not private"):
        private_folder(tmp_path / "open")
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("own")
    with pytest.raises(FileExistsError):
        private_folder(tmp_path / "link")


@pytest.mark.kernel
def test_a_private_folder_of_another_user(tmp_path: Path) -> None:
    (tmp_path / "his").mkdir(mode=0o700)
    os.chown(tmp_path / "his", OTHER, OTHER)
    with pytest.raises(PermissionError, match=f"not private \\(user {OTHER}"):
        private_folder(tmp_path / "his")
