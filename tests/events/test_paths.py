# SPDX-License-Identifier: Apache-2.0
"""Requested and resolved paths of events."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest
from support import native
from support.calls import call, reads
from support.expect import PathValue, found, named, opened
from support.recorder import Live, Run, private_mounts


def read_path(run: Run) -> PathValue:
    """The path of the last open of ``run``, which went well."""
    event = [event for event in run.events("openat") if event.pid == run.started.pid][-1]
    assert event.params["fd"] >= 0
    return event.params["name"]


def test_plain(live: Live, secret: Path) -> None:
    assert read_path(live.run(reads(secret))) == opened(secret)


def test_symbolic_link(live: Live, secret: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(secret)
    assert read_path(live.run(reads(link))) == opened(secret, link)


def test_chain_of_relative_links(live: Live, secret: Path, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("etc/../etc/secret")
    assert read_path(live.run(reads("a"), cwd=tmp_path)) == opened(secret, "a", tmp_path)


def test_dots_across_a_directory_link(live: Live, secret: Path, tmp_path: Path) -> None:
    """``elsewhere/..`` is not where it was started from."""
    (tmp_path / "etc" / "deep").mkdir()
    (tmp_path / "elsewhere").symlink_to("etc/deep")
    requested = tmp_path / "elsewhere" / ".." / "secret"
    assert read_path(live.run(reads(f"{tmp_path}/elsewhere/../secret"))) == opened(secret, requested)


def test_doubled_slashes_and_single_dots(live: Live, secret: Path) -> None:
    requested = f"/{secret.parent}/.//././{secret.name}"
    assert read_path(live.run(reads(requested))) == opened(secret, requested)


@pytest.mark.parametrize("door", ["/proc/self/root", "/proc/thread-self/root", "/proc/self/task/../root"])
def test_root_by_proc(live: Live, secret: Path, door: str) -> None:
    assert read_path(live.run(reads(f"{door}{secret}"))) == opened(secret, f"{door}{secret}")


def test_current_directory_by_proc(live: Live, secret: Path) -> None:
    run = live.run(reads("/proc/self/cwd/secret"), cwd=secret.parent)
    assert read_path(run) == opened(secret, "/proc/self/cwd/secret")


def test_open_file_by_proc(live: Live, secret: Path) -> None:
    """Opening it again gives a new file, and the same path."""
    first = reads(secret)
    run = live.run(first, reads("/proc/self/fd/3"))
    assert first.ret == 3
    assert read_path(run) == opened(secret, "/proc/self/fd/3")


def test_relative_to_the_current_directory(live: Live, secret: Path, tmp_path: Path) -> None:
    run = live.run(call("chdir", "etc"), reads("../etc/secret"), cwd=tmp_path)
    assert read_path(run) == opened(secret, "../etc/secret", secret.parent)


def test_relative_to_a_directory(live: Live, secret: Path, tmp_path: Path) -> None:
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("openat", directory, "etc/secret", os.O_RDONLY, 0), cwd="/")
    assert read_path(run) == opened(secret, "etc/secret", tmp_path)


def test_hard_link_has_its_own_path(live: Live, secret: Path, tmp_path: Path) -> None:
    link = tmp_path / "hard"
    link.hardlink_to(secret)
    assert read_path(live.run(reads(link))) == opened(link)


def test_bind_mount(live: Live, secret: Path, tmp_path: Path) -> None:
    """As a user would do it."""
    place = tmp_path / "mounted"
    place.mkdir()
    script = 'from=$1 to=$2; shift 2; mount --bind "$from" "$to" && "$@"; umount "$to"'
    wrapper = ["unshare", "-m", "--propagation", "unchanged", "sh", "-c", script, "sh", secret.parent, place]
    run = live.run(reads(place / "secret"), wrapper=wrapper)
    assert read_path(run) == opened(secret, place / "secret")


def test_bind_mount_of_a_file(live: Live, secret: Path, tmp_path: Path) -> None:
    place = tmp_path / "harmless"
    place.touch()
    run = live.run(
        private_mounts(),
        call("mount", secret, place, None, native.MS_BIND, None),
        reads(place),
        call("umount2", place, 0),
    )
    assert read_path(run) == opened(secret, place)


def test_other_file_system(live: Live, tmp_path: Path) -> None:
    run = live.run(
        private_mounts(),
        call("mount", "none", tmp_path, "tmpfs", 0, "size=64k"),
        call("mkdir", tmp_path / "deep", 0o755),
        call("creat", tmp_path / "deep" / "file", 0o600),
        reads(tmp_path / "deep" / "file"),
        call("umount2", tmp_path, native.MNT_DETACH),
    )
    assert read_path(run) == opened(tmp_path / "deep" / "file")


def test_mount_in_a_mount(live: Live, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    run = live.run(
        private_mounts(),
        call("mount", "none", tmp_path, "tmpfs", 0, "size=64k"),
        call("mkdir", tmp_path / "a", 0o755),
        call("mkdir", inner, 0o755),
        call("mount", "none", inner, "tmpfs", 0, "size=64k"),
        call("creat", inner / "file", 0o600),
        reads(inner / "file"),
        call("umount2", tmp_path, native.MNT_DETACH),
    )
    assert read_path(run) == opened(inner / "file")


def test_proc_file(live: Live) -> None:
    run = live.run(reads("/proc/self/status"))
    assert read_path(run) == opened(f"/proc/{run.pid}/status", "/proc/self/status")


def test_root_directory(live: Live) -> None:
    assert read_path(live.run(reads("/"))) == opened("/")


def test_process_in_a_chroot(live: Live, secret: Path, tmp_path: Path) -> None:
    """Its /etc/secret is not the host's /etc/secret."""
    run = live.run(call("chroot", tmp_path), call("chdir", "/"), reads("/etc/secret"), reads("etc/secret"))
    absolute, relative = (event.params["name"] for event in run.events("openat"))
    assert absolute == opened(secret, "/etc/secret")
    assert relative == opened(secret, "etc/secret", tmp_path)


def test_process_in_a_chroot_that_gets_out(live: Live, secret: Path, tmp_path: Path) -> None:
    outside = call("open", "/", os.O_RDONLY, 0)
    run = live.run(outside, call("chroot", secret.parent), call("openat", outside, str(secret)[1:], os.O_RDONLY, 0))
    assert read_path(run) == opened(secret, str(secret)[1:], "/")


def test_removed_file(live: Live, secret: Path) -> None:
    """Opened by its descriptor: the path that it had."""
    run = live.run(first := reads(secret), call("unlink", secret), reads("/proc/self/fd/3"))
    assert first.ret == 3
    assert read_path(run) == opened(secret, "/proc/self/fd/3")


def test_removed_current_directory(live: Live, tmp_path: Path) -> None:
    run = live.run(
        call("mkdir", "gone", 0o755), call("chdir", "gone"), call("rmdir", "../gone"), reads("file"), cwd=tmp_path
    )
    (event,) = run.events("openat")
    assert event.params["fd"] == -errno.ENOENT
    assert event.params["name"] == named("file", tmp_path / "gone")


def test_file_in_memory(live: Live) -> None:
    run = live.run(made := call("memfd_create", "payload", 0), reads("/proc/self/fd/3"))
    assert made.ret == 3
    assert read_path(run) == PathValue("/proc/self/fd/3", None, "memfd:payload")


def test_pipe(live: Live) -> None:
    run = live.run(reads("/proc/self/fd/1"))
    assert read_path(run) == named("/proc/self/fd/1")


@pytest.mark.parametrize(
    "name",
    [
        b"line\nfeed",
        b"escape \x1b[31mred\x1b[0m",
        b"not \xff\xfe\x80 UTF-8",
        "d\u00e9j\u00e0 vu \u65e5\u672c".encode(),
        b"tab\tand\rreturn",
        b"-rf",
        b" ",
        b"%fd.name %s {x} $(id) `id` \\",
        b"x" * 255,
    ],
)
def test_odd_names(live: Live, tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.touch()
    assert read_path(live.run(reads(path))) == opened(path)
    run = live.run(call("unlink", path))
    (event,) = run.events("unlink")
    assert event.params["path"] == found(path)


def long_directory(root: Path, size: int) -> str:
    """A path below ``root`` of about ``size`` bytes, made piece by piece: no single call could name it."""
    start = os.getcwd()
    path = str(root)
    os.chdir(root)
    try:
        while len(path) < size:
            piece = "d" * min(255, max(1, size - len(path) - 1))
            os.mkdir(piece)
            os.chdir(piece)
            path += f"/{piece}"
        return path
    finally:
        os.chdir(start)


def test_longest_path_that_a_call_takes(live: Live, tmp_path: Path) -> None:
    directory = long_directory(tmp_path, 4095 - len("/file"))
    path = f"{directory}/file"
    subprocess.run(["touch", "file"], cwd=directory, check=True)
    assert len(path) == 4095
    assert read_path(live.run(reads(path))) == opened(path)


def test_path_that_is_too_long(live: Live) -> None:
    requested = "/" + "x/" * 2047 + "x"
    assert len(requested) == 4096
    run = live.run(reads(requested))
    (event,) = run.events("openat")
    assert event.params["fd"] == -errno.ENAMETOOLONG
    assert event.params["name"].name == requested[:4095]
    assert event.truncated


def test_short_name_of_a_long_path(live: Live, tmp_path: Path) -> None:
    """The kernel has no limit for what is reached step by step; of such a path the end counts."""
    directory = long_directory(tmp_path, 4000)
    deep = "e" * 200
    run = live.run(
        call("mkdir", deep, 0o755), call("chdir", deep), call("creat", "file", 0o600), reads("file"), cwd=directory
    )
    path = read_path(run)
    assert run.events("openat")[0].truncated
    assert path.name == "file"
    assert path.real.endswith(f"/{deep}/file")
    assert f"{directory}/{deep}/file".endswith(path.real)


def test_overlay_file_system(live: Live, tmp_path: Path) -> None:
    """The path is that of the merged view."""
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "merged"))
    for directory in (lower, upper, work, merged):
        directory.mkdir()
    (lower / "below").touch()
    (upper / "above").touch()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run = live.run(
        private_mounts(),
        call("mount", "overlay", merged, "overlay", 0, options),
        reads(merged / "below"),
        reads(merged / "above"),
        call("umount2", merged, 0),
    )
    below, above = (event.params["name"] for event in run.events("openat"))
    assert below == opened(merged / "below")
    assert above == opened(merged / "above")
