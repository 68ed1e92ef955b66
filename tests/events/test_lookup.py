# SPDX-License-Identifier: Apache-2.0
"""Real paths of calls that leave no open file: the name is walked again when the call has ended."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support import native
from support.calls import Step, call
from support.expect import PathValue, named, opened
from support.falco import AT_FDCWD
from support.recorder import Live, Run, private_mounts

import tiercel


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A directory that the tests reach in odd ways, with a file in it."""
    path = tmp_path / "var" / "log"
    path.mkdir(parents=True)
    (path / "auth.log").touch()
    return path


def removed(run: Run) -> PathValue:
    """The path of the only unlink of ``run``, which went well."""
    (event,) = run.events("unlink")
    assert event.params["res"] == 0
    path: PathValue = event.params["path"]
    return path


def test_directory_link(live: Live, log: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("var/log")
    requested = tmp_path / "link" / "auth.log"
    assert removed(live.run(call("unlink", requested))) == opened(log / "auth.log", requested)


def test_links_to_links(live: Live, log: Path, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b/")
    (tmp_path / "b").symlink_to("./var/../c/log")
    (tmp_path / "c").symlink_to("var")
    run = live.run(call("unlink", "a/auth.log"), cwd=tmp_path)
    assert removed(run) == opened(log / "auth.log", "a/auth.log", tmp_path)


def test_link_with_an_absolute_text(live: Live, log: Path, tmp_path: Path) -> None:
    with TemporaryDirectory(dir="/tmp") as short:
        (log / "auth.log").rename(f"{short}/auth.log")
        (tmp_path / "link").symlink_to(short)
        run = live.run(call("unlink", "link/auth.log"), cwd=tmp_path)
        assert removed(run) == opened(os.path.realpath(f"{short}/auth.log"), "link/auth.log", tmp_path)


def test_more_links_than_are_followed(live: Live, log: Path, tmp_path: Path) -> None:
    (tmp_path / "link0").symlink_to("var/log")
    for number in range(1, 9):
        (tmp_path / f"link{number}").symlink_to(f"link{number - 1}")
    run = live.run(call("link", "link7/auth.log", "link8/new"), cwd=tmp_path)
    (event,) = run.events("link")
    assert event.params["oldpath"] == opened(log / "auth.log", "link7/auth.log", tmp_path)
    assert event.params["newpath"] == named("link8/new", tmp_path)


def test_dots_across_a_link(live: Live, log: Path, tmp_path: Path) -> None:
    """``elsewhere/..`` is not where it was started from."""
    (log / "deep").mkdir()
    (tmp_path / "elsewhere").symlink_to("var/log/deep")
    requested = f"{tmp_path}/elsewhere//.././auth.log"
    assert removed(live.run(call("unlink", requested))) == opened(log / "auth.log", requested)


def test_dots_above_the_root(live: Live, log: Path) -> None:
    requested = f"/../../..{log}/auth.log"
    assert removed(live.run(call("unlink", requested))) == opened(log / "auth.log", requested)


def test_relative_to_a_directory(live: Live, log: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("var")
    directory = call("open", tmp_path, os.O_RDONLY, 0)
    run = live.run(directory, call("unlinkat", directory, "link/log/auth.log", 0), cwd="/")
    (event,) = run.events("unlinkat")
    assert event.params["name"] == opened(log / "auth.log", "link/log/auth.log", tmp_path)


@pytest.mark.parametrize("door", ["/proc/self/root", "/proc/thread-self/root", "/proc/self/task/../root"])
def test_root_by_proc(live: Live, log: Path, door: str) -> None:
    requested = f"{door}{log}/auth.log"
    assert removed(live.run(call("unlink", requested))) == opened(log / "auth.log", requested)


def test_root_of_another_process(live: Live, log: Path) -> None:
    requested = f"/proc/{os.getpid()}/root{log}/auth.log"
    assert removed(live.run(call("unlink", requested))) == opened(log / "auth.log", requested)


def test_current_directory_by_proc(live: Live, log: Path) -> None:
    run = live.run(call("unlink", "/proc/self/cwd/auth.log"), cwd=log)
    assert removed(run) == opened(log / "auth.log", "/proc/self/cwd/auth.log")


def test_open_directory_by_proc(live: Live, log: Path) -> None:
    directory = call("open", log, os.O_RDONLY, 0)
    run = live.run(directory, call("unlink", "/proc/self/fd/3/auth.log"))
    assert directory.ret == 3
    assert removed(run) == opened(log / "auth.log", "/proc/self/fd/3/auth.log")


def test_open_file_by_proc(live: Live, log: Path) -> None:
    run = live.run(call("open", log / "auth.log", os.O_RDONLY, 0), call("chmod", "/proc/self/fd/3", 0o600))
    (event,) = run.events("chmod")
    assert event.params["filename"] == opened(log / "auth.log", "/proc/self/fd/3")


def test_pipe_by_proc(live: Live) -> None:
    """An object without a path gets none."""
    run = live.run(call("chmod", "/proc/self/fd/1", 0o600))
    (event,) = run.events("chmod")
    assert event.params["res"] == 0
    assert event.params["filename"] == named("/proc/self/fd/1")


def test_bind_mount(live: Live, log: Path, tmp_path: Path) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    run = live.run(
        private_mounts(),
        call("mount", log, place, None, native.MS_BIND, None),
        call("unlink", place / "auth.log"),
        call("umount2", place, 0),
    )
    assert removed(run) == opened(log / "auth.log", place / "auth.log")
    assert run.events("mount")[-1].params["dir"] == opened(place)
    assert run.events("umount2")[-1].params["name"] == opened(place)


def test_bind_mount_of_a_file(live: Live, log: Path, tmp_path: Path) -> None:
    """An object that is mounted elsewhere is itself, however its links are taken."""
    place = tmp_path / "harmless"
    place.touch()
    run = live.run(
        private_mounts(),
        call("mount", log / "auth.log", place, None, native.MS_BIND, None),
        call("chmod", place, 0o600),
        call("lchown", place, 0, 0),
        call("umount2", place, 0),
    )
    assert run.events("chmod")[0].params["filename"] == opened(log / "auth.log", place)
    assert run.events("lchown")[0].params["path"] == opened(log / "auth.log", place)


def test_mount_on_a_mount(live: Live, tmp_path: Path) -> None:
    """Through both, down and up again."""
    inner = tmp_path / "a" / "b"
    run = live.run(
        private_mounts(),
        call("mount", "none", tmp_path, "tmpfs", 0, "size=64k"),
        call("mkdir", tmp_path / "a", 0o755),
        call("mkdir", inner, 0o755),
        call("mount", "none", inner, "tmpfs", 0, "size=64k"),
        call("mount", "none", inner, "tmpfs", 0, "size=64k"),
        call("mkdir", inner / "c", 0o755),
        call("mkdir", f"{inner}/c/../../d", 0o755),
        call("umount2", inner, 0),
        call("umount2", tmp_path, native.MNT_DETACH),
    )
    paths = [event.params["path"] for event in run.events("mkdir")]
    assert paths[2:] == [opened(inner / "c"), opened(tmp_path / "a" / "d", f"{inner}/c/../../d")]
    mounts = [event.params["dir"] for event in run.events("mount")]
    assert mounts[-3:] == [opened(tmp_path), opened(inner), opened(inner)]
    assert [event.params["name"] for event in run.events("umount2")] == [opened(inner), opened(tmp_path)]


def test_process_in_a_chroot(live: Live, log: Path, tmp_path: Path) -> None:
    """Its /var/log is not the host's /var/log, and its links do not lead out."""
    (tmp_path / "link").symlink_to("/../var/log")
    run = live.run(
        call("chroot", tmp_path),
        call("chdir", "/"),
        call("link", "/link/auth.log", "/../../new"),
        call("link", "../var/log/auth.log", "link/new"),
    )
    first, second = run.events("link")
    assert first.params["oldpath"] == opened(log / "auth.log", "/link/auth.log")
    assert first.params["newpath"] == opened(tmp_path / "new", "/../../new")
    assert second.params["oldpath"] == opened(log / "auth.log", "../var/log/auth.log", tmp_path)
    assert second.params["newpath"] == opened(log / "new", "link/new", tmp_path)


def object_calls(link: Path) -> list[tuple[Step, str]]:
    """Calls on what ``link`` leads to, with the name of their path param."""
    return [
        (call("chmod", link, 0o600), "filename"),
        (call("fchmodat", AT_FDCWD, link, 0o600), "filename"),
        (call("chown", link, 0, 0), "path"),
        (call("fchownat", AT_FDCWD, link, 0, 0, 0), "pathname"),
        (call("linkat", AT_FDCWD, link, AT_FDCWD, link.with_name("new"), native.AT_SYMLINK_FOLLOW), "oldpath"),
    ]


@pytest.mark.parametrize("number", range(5))
def test_final_link_is_followed(live: Live, log: Path, tmp_path: Path, number: int) -> None:
    link = tmp_path / "link"
    link.symlink_to("var/log/auth.log")
    step, param = object_calls(link)[number]
    run = live.run(step)
    (event,) = run.events(step.name)
    assert event.params["res"] == 0
    assert event.params[param] == opened(log / "auth.log", link)


def link_calls(link: str) -> list[tuple[Step, str]]:
    """Calls on ``link`` itself, with the name of their path param."""
    return [
        (call("unlink", link), "path"),
        (call("unlinkat", AT_FDCWD, link, 0), "name"),
        (call("rename", link, "new"), "oldpath"),
        (call("link", link, "new"), "oldpath"),
        (call("lchown", link, 0, 0), "path"),
        (call("fchownat", AT_FDCWD, link, 0, 0, native.AT_SYMLINK_NOFOLLOW), "pathname"),
    ]


@pytest.mark.parametrize("number", range(6))
def test_final_link_is_not_followed(live: Live, log: Path, tmp_path: Path, number: int) -> None:
    (tmp_path / "dir").symlink_to("var")
    (log.parent / "link").symlink_to("log/auth.log")
    step, param = link_calls("dir/link")[number]
    run = live.run(step, cwd=tmp_path)
    (event,) = run.events(step.name)
    assert event.params["res"] == 0
    assert event.params[param] == opened(log.parent / "link", "dir/link", tmp_path)


def test_slash_behind_a_link(live: Live, log: Path, tmp_path: Path) -> None:
    """It makes the link a directory even for calls that take links as they are."""
    (tmp_path / "link").symlink_to("var/log")
    run = live.run(call("lchown", "link//", 0, 0), call("mkdir", "link/new//", 0o755), cwd=tmp_path)
    assert run.events("lchown")[0].params["path"] == opened(log, "link//", tmp_path)
    assert run.events("mkdir")[0].params["path"] == opened(log / "new", "link/new//", tmp_path)


def test_empty_name_is_the_descriptor(live: Live, log: Path) -> None:
    file = call("open", log / "auth.log", os.O_RDONLY, 0)
    run = live.run(file, call("fchownat", file, "", 0, 0, native.AT_EMPTY_PATH))
    (event,) = run.events("fchownat")
    assert event.params["pathname"].real == str(log / "auth.log")


def test_overlay_file_system(live: Live, tmp_path: Path) -> None:
    """Directories as everywhere; the text of a link is another file system's."""
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "merged"))
    for directory in (lower, upper, work, merged):
        directory.mkdir()
    (lower / "deep").mkdir()
    (lower / "deep" / "below").touch()
    (upper / "above").touch()
    (lower / "link").symlink_to("deep")
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run = live.run(
        private_mounts(),
        call("mount", "overlay", merged, "overlay", 0, options),
        call("unlink", merged / "deep" / ".." / "above"),
        call("chmod", merged / "deep" / "below", 0o600),
        call("chmod", merged / "link" / "below", 0o600),
        call("umount2", merged, 0),
    )
    assert removed(run).real == str(merged / "above")
    first, second = (event.params["filename"] for event in run.events("chmod"))
    assert first == opened(merged / "deep" / "below")
    assert second == named(merged / "link" / "below")


def test_slow_link_gives_no_path(live: Live, log: Path, tmp_path: Path) -> None:
    """The text of a long link is not in memory that the probe can name."""
    (tmp_path / "link").symlink_to("./" * 100 + "var/log")
    run = live.run(call("unlink", "link/auth.log"), cwd=tmp_path)
    assert removed(run) == named("link/auth.log", tmp_path)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 39, 40, 41, 255])
def test_lengths_of_names(live: Live, log: Path, tmp_path: Path, length: int) -> None:
    directory = tmp_path / ("d" * length)
    for other in (directory.name[:-1] + "x", directory.name[:-1], directory.name[:-1] + "xx"):
        if 0 < len(other) <= 255:
            (tmp_path / other).mkdir()
    directory.symlink_to("var/log")
    run = live.run(call("rename", directory / "auth.log", log / ("n" * length)))
    (event,) = run.events("rename")
    assert event.params["oldpath"] == opened(log / "auth.log", directory / "auth.log")
    assert event.params["newpath"] == opened(log / ("n" * length))


def test_long_directory(live: Live, log: Path, tmp_path: Path) -> None:
    """The entry that is wanted comes last, and a name is given to another entry."""
    (tmp_path / "link").symlink_to("var/log")
    for number in range(3000):
        (tmp_path / f"entry-{number}").touch()
    for name in ("auth.log", "new"):
        (log / name).touch()
        assert removed(live.run(call("unlink", f"link/{name}"), cwd=tmp_path)).real == str(log / name)
    (tmp_path / "link").rename(tmp_path / "moved")
    (tmp_path / "link").symlink_to("var")
    (log.parent / "new").touch()
    assert removed(live.run(call("unlink", "link/new"), cwd=tmp_path)).real == str(log.parent / "new")


def test_directory_that_others_have_filled(live: Live, log: Path, tmp_path: Path) -> None:
    """More names come after the one that is wanted than the list of children is read for."""
    (tmp_path / "link").symlink_to("var/log")
    for number in range(17_000):
        os.mknod(tmp_path / f"entry-{number}")
    assert removed(live.run(call("unlink", "link/auth.log"), cwd=tmp_path)).real == str(log / "auth.log")


@pytest.mark.parametrize(
    ("step", "error", "known"),
    [
        (call("mkdir", "link", 0o755), errno.EEXIST, "link"),
        (call("rmdir", "link/log"), errno.ENOTEMPTY, "var/log"),
        (call("mkdir", "link/.", 0o755), errno.EEXIST, "var"),
        (call("rmdir", "/"), errno.EBUSY, "/"),
        (call("unlink", "link/missing"), errno.ENOENT, None),
        (call("unlink", "link/log/auth.log/x"), errno.ENOTDIR, None),
        (call("unlink", "loop/x"), errno.ELOOP, None),
        (call("unlink", "x" * 256), errno.ENAMETOOLONG, None),
        (call("mkdirat", 99, "x", 0o755), errno.EBADF, None),
        (call("unlink", 1), errno.EFAULT, None),
        (call("rmdir", ""), errno.ENOENT, None),
    ],
)
def test_failures(live: Live, log: Path, tmp_path: Path, step: Step, error: int, known: str | None) -> None:
    (tmp_path / "link").symlink_to("var")
    (tmp_path / "loop").symlink_to("loop")
    run = live.run(fresh := Step(step.name, step.args), cwd=tmp_path)
    (event,) = run.events(fresh.name)
    assert event.params["res"] == -error
    path = event.params["name" if "name" in event.params else "path"]
    assert path.real == (None if known is None else str(tmp_path / known))


def test_not_permitted(live: Live, log: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("var/log")
    run = live.run(call("setresuid", 65534, 65534, 65534), call("unlink", "link/auth.log"), cwd=tmp_path)
    (event,) = run.events("unlink")
    assert event.params["res"] == -errno.EACCES
    assert event.params["path"].real == str(log / "auth.log")


def test_thread_with_a_directory_of_its_own(live: Live, log: Path, tmp_path: Path) -> None:
    """Not that of the first thread, whatever /proc says of the process."""
    run = live.run(call("unshare", native.CLONE_FS), call("chdir", "var/log"), call("unlink", "auth.log"), cwd=tmp_path)
    assert removed(run) == opened(log / "auth.log", "auth.log", log)


def test_own_number_in_proc(live: Live, log: Path, tmp_path: Path) -> None:
    """In a namespace of processes with its own procfs, too."""
    place = tmp_path / "proc"
    place.mkdir()
    script = 'mount -t proc proc "$1" && cd "$2" && rm "$1/self/cwd/auth.log"; umount "$1"'
    with live.record() as events:
        unshare = ("unshare", "-m", "-p", "-f", "--propagation", "unchanged")
        subprocess.run([*unshare, "sh", "-c", script, "sh", place, log], check=True)
    (path,) = (e.params["name"] for e in events if e.type == "unlinkat" and e.params["res"] == 0)
    assert path.real == str(log / "auth.log")


MANY_MOUNTS = """
import ctypes, os, sys
from support import namespaces
namespaces.enter()
base, elsewhere = os.fsencode(sys.argv[1]), sys.argv[2]
mount = ctypes.CDLL(None, use_errno=True).mount
assert mount(b"none", base, b"tmpfs", 0, None) == 0
os.mkdir(base + b"/source")
for n in range(2060):
    place = b"%s/%d" % (base, n)
    os.mkdir(place)
    if n in (0, 2059):
        os.symlink(elsewhere, place + b"/sub")
        assert mount(b"none", place, b"tmpfs", 0, None) == 0
        os.mkdir(place + b"/sub")
    else:
        assert mount(base + b"/source", place, None, 4096, None) == 0
for n in (0, 2059):
    file = b"%s/%d/sub/file" % (base, n)
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
    os.unlink(file)
"""


def test_more_mounts_than_are_compared(live: Live, log: Path, tmp_path: Path) -> None:
    """The directories below the mounts have links to elsewhere, which the calls do not follow."""
    base = tmp_path / "mounts"
    base.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(native.__file__).parents[1])}
    with live.record() as events:
        subprocess.run([sys.executable, "-c", MANY_MOUNTS, base, log], check=True, env=environment)
    unlinked = [e.params["path"] for e in events if e.type == "unlink" and e.params["path"].name.endswith("/sub/file")]
    true = [str(base / str(number) / "sub/file") for number in (0, 2059)]
    assert [path.name for path in unlinked] == true
    assert unlinked[0].real == true[0]
    assert unlinked[1].real in (None, true[1]), "no path, rather than a wrong one"


RULES = """
- rule: Log removed
  desc: A log was removed.
  condition: evt.type in (unlink, unlinkat) and fs.path.name = "{log}/auth.log"
  output: "%evt.path_binding %fs.path.name %evt.args"
  priority: WARNING

- rule: Log moved
  desc: A log was moved.
  condition: evt.type in (rename, renameat, renameat2) and fs.path.source = "{log}/old" and fs.path.target = "{log}/new"
  output: "%evt.path_binding %fs.path.source %fs.path.target %evt.arg.oldpath"
  priority: WARNING
"""


def test_rules_on_resolved_paths(log: Path, tmp_path: Path) -> None:
    """A rule does not care through which link a directory was reached."""
    (tmp_path / "link").symlink_to("var/log")
    (log / "old").touch()
    rules = tiercel.Ruleset.loads(RULES.format(log=log))
    with tiercel.Sensor(rules, scope=tiercel.Scope.tree(os.getpid())) as sensor:
        subprocess.run(["rm", tmp_path / "link" / "auth.log"], check=True)
        subprocess.run(["mv", "link/old", "link/new"], cwd=tmp_path, check=True)
        assert sensor.flush(timeout=10)
        first, second = sensor.read(max=10)
    assert first.fields["evt.path_binding"] == second.fields["evt.path_binding"] == "resolved"
    assert first.fields["fs.path.name"] == str(log / "auth.log")
    assert second.fields["fs.path.target"] == str(log / "new")
    assert second.fields["evt.arg.oldpath"] == str(log / "old")
