# SPDX-License-Identifier: Apache-2.0
"""close."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from support.calls import call, call32, child
from support.recorder import Live

CLOSE32 = 6


def test_what_the_descriptor_was(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "a"
    made = call("open", path, os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(made, call("close", made))
    (event,) = run.events("close")
    assert event.params == {"res": 0, "fd": made.ret}
    assert (event.fields["fd.num"], event.fields["fd.name"], event.fields["fd.type"]) == (made.ret, str(path), "file")


def test_last_name_and_last_descriptor(live: Live, tmp_path: Path) -> None:
    """When the call ends, there is nothing left of the file."""
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(made, call("unlink", tmp_path / "a"), call("close", made))
    (event,) = run.events("close")
    assert event.params == {"res": 0, "fd": made.ret}
    assert event.fields["fd.name"] == str(tmp_path / "a")
    assert event.header["file"]["deleted"]


def test_not_the_last_descriptor(live: Live, tmp_path: Path) -> None:
    made = call("open", tmp_path / "a", os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(made, call("dup", made), call("close", made))
    (event,) = run.events("close")
    assert event.params == {"res": 0, "fd": made.ret}
    assert event.fields["fd.name"] == str(tmp_path / "a")


def test_socket(live: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        run = live.run(call("close", client.fileno()), pass_fds=[client.fileno()])
        source, address = client.getsockname(), server.getsockname()
    (event,) = run.events("close")
    assert event.fields["fd.name"] == f"127.0.0.1:{source[1]}->127.0.0.1:{address[1]}"


def test_twice(live: Live) -> None:
    """The number means nothing the second time."""
    made = call("dup", 0)
    run = live.run(made, call("close", made), call("close", made))
    first, second = run.events("close")
    assert first.params == {"res": 0, "fd": made.ret}
    assert first.fields["fd.type"] == "pipe"
    assert second.params == {"res": -errno.EBADF, "fd": made.ret}
    assert second.fields["fd.type"] is None


def test_negative(live: Live) -> None:
    run = live.run(call("close", -1))
    (event,) = run.events("close")
    assert event.params == {"res": -errno.EBADF, "fd": -1}


def test_32_bit(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "a"
    made = call("open", path, os.O_CREAT | os.O_RDWR, 0o600)
    run = live.run(made, call32(CLOSE32, made))
    (event,) = run.events("close")
    assert (event.ia32, event.syscall) == (True, CLOSE32)
    assert event.params == {"res": 0, "fd": made.ret}
    assert event.fields["fd.name"] == str(path)


def test_in_several_processes(live: Live, tmp_path: Path) -> None:
    """The state kept from the start of a call to its end belongs to one caller."""
    files = [call("open", tmp_path / name, os.O_CREAT | os.O_RDWR, 0o600) for name in "abcd"]
    run = live.run(*files, *[child("fork", call("close", made)) for made in files])
    names = {event.params["fd"]: event.fields["fd.name"] for event in run.events("close")}
    assert names == {made.ret: str(tmp_path / name) for name, made in zip("abcd", files, strict=True)}
