# SPDX-License-Identifier: Apache-2.0
"""``fd.*`` and ``fs.path.*``: descriptors, the ends of connections, paths in both bindings."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import PID, START, VISIBLE, capturing, checking, event, read

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.wire import sockaddr, socktuple, unix_tuple

OPENS = ("open", "openat", "openat2", "creat")
TCP: dict[str, Any] = {
    "type": "ipv4",
    "l4proto": "tcp",
    "role": "client",
    "sip": "10.0.0.1",
    "sport": 40000,
    "dip": "10.0.0.2",
    "dport": 80,
}
SERVER: dict[str, Any] = {"type": "ipv4_server", "l4proto": "tcp", "role": "server", "dip": "0.0.0.0", "dport": 22}
ENDS = ("fd.cip", "fd.sip", "fd.lip", "fd.rip", "fd.cport", "fd.sport", "fd.lport", "fd.rport")


def opened(name: str = "openat", path: Any = "/etc/shadow", *, fd: int = 3, flags: int = 1, **parts: Any) -> bytes:
    params = {"fd": fd, "name": path, "flags": flags, "dirfd": -100}
    rows = {row.name for row in EVENT_BY_NAME[name].params}
    return event(name, {key: value for key, value in params.items() if key in rows}, **parts)


# --- Which events have a descriptor -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VISIBLE)
def test_only_events_with_a_descriptor_have_its_fields(name: str) -> None:
    row = EVENT_BY_NAME[name]
    has_fd = bool(row.flags & {"creates_fd", "uses_fd", "destroys_fd"})
    params = {} if row.fd_param is None else {row.params[row.fd_param].name: 5}
    found = read(event(name, params), "fd.num", "fd.name", "fd.typechar")
    assert (found[0], found[1] is not None, found[2] is not None) == (5 if has_fd else None, has_fd, has_fd)


def test_numbers() -> None:
    assert read(opened(fd=3), "fd.num") == 3
    assert read(opened(fd=-13), "fd.num") == -1
    assert read(event("fchmod", {"fd": -5}), "fd.num") == -5
    assert read(event("unlinkat", {"dirfd": -100}), "fd.num") == -100
    assert read(event("fchmod"), "fd.num") is None


# --- Opened files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPENS)
def test_an_opened_file(name: str) -> None:
    fields = ("fd.name", "fd.directory", "fd.filename", "fd.type", "fd.typechar", "fd.l4proto")
    record = opened(name, {"name": "../etc/./shadow", "base": "/root"}, file={"type": "file", "path": "/etc/shadow"})
    assert read(record, *fields) == ("/etc/shadow", "/etc", "shadow", "file", "f", "<NA>")
    assert read(opened(name, "/top"), "fd.directory", "fd.filename") == ("/", "top")
    # A fifo or a device that is opened by its path is a file, as in Falco.
    assert read(opened(name, "/dev/null", file={"type": "pipe"}), "fd.typechar") == "f"


@pytest.mark.parametrize("name", OPENS)
def test_an_open_that_failed(name: str) -> None:
    fields = ("fd.name", "fd.directory", "fd.filename", "fd.type", "fd.typechar", "fd.l4proto")
    record = opened(name, {"name": "nosuch", "base": "/root"}, fd=-2)
    assert read(record, *fields) == ("/root/nosuch", "/root", None, None, "f", None)


def test_a_directory_has_its_whole_name() -> None:
    record = opened("openat", "/etc/", flags=1 | 0x400)
    assert read(record, "fd.name", "fd.directory", "fd.filename", "fd.type", "fd.typechar") == (
        "/etc",
        "/etc",
        None,
        "directory",
        "d",
    )


def test_where_relative_paths_start() -> None:
    table = ProcessTable()
    table.seed(tgid=PID, start_ns=START, comm="cat", cwd="/home")
    assert read(opened("open", "x"), "fd.name", table=table) == "/home/x"
    assert read(opened("openat", "x"), "fd.name", table=table) == "/home/x"
    assert read(opened("openat", "x", header={"cwd": "/srv"}), "fd.name", table=table) == "/srv/x"
    assert read(event("openat", {"fd": 3, "dirfd": 7, "name": "x"}), "fd.name", table=table) == "<UNKNOWN>x"
    assert read(event("openat", {"fd": 3, "dirfd": 7, "name": "/x"}), "fd.name", table=table) == "/x"
    assert read(opened("open", "x"), "fd.name") == "<UNKNOWN>x"
    assert read(opened("open", None), "fd.name") == ""


def test_long_paths_are_whole_except_in_falcos_way() -> None:
    path = "/" + "x" * 2000
    assert read(opened("open", path), "fd.name") == path
    evaluator = Evaluator(capturing("fd.name", path_matching="requested"), ProcessTable())
    (alert,) = evaluator.feed(opened("open", path))
    assert alert.values == ("/DIR_TOO_LONG/FILENAME_TOO_LONG",)


# --- Two bindings -----------------------------------------------------------------------------------------------------

LINK = {"name": "l", "base": "/tmp", "real": "/etc/shadow"}
OUTPUTS = (
    "fd.name",
    "fd.directory",
    "fd.filename",
    "evt.path_binding",
    "fd.name_requested",
    "fd.name_resolved",
    "evt.arg.name",
)


def bound(field: str, value: bytes, record: bytes, **settings: Any) -> tuple[str, tuple[Any, ...]] | None:
    evaluator = Evaluator(RuleProgram(checking(field, "eq", value, outputs=OUTPUTS)), ProcessTable(), **settings)
    alerts = evaluator.feed(record)
    return (alerts[0].binding, alerts[0].values) if alerts else None


@pytest.mark.parametrize("name", OPENS)
def test_a_rule_matches_under_either_binding(name: str) -> None:
    record = opened(name, LINK, file={"type": "file", "path": "/etc/shadow"})
    assert bound("fd.name", b"/tmp/l", record) == (
        "requested",
        ("/tmp/l", "/tmp", "l", "requested", "/tmp/l", "/etc/shadow", "/tmp/l"),
    )
    assert bound("fd.name", b"/etc/shadow", record) == (
        "resolved",
        ("/etc/shadow", "/etc", "shadow", "resolved", "/tmp/l", "/etc/shadow", "/etc/shadow"),
    )
    assert bound("fd.name", b"/etc/passwd", record) is None
    assert bound("evt.arg.name", b"/etc/shadow", record) is not None
    assert bound("fd.filename", b"shadow", record) is not None


def test_the_bindings_that_are_tried() -> None:
    record = opened("openat", LINK)
    assert bound("fd.name", b"/etc/shadow", record, path_matching="requested") is None
    assert bound("fd.name", b"/tmp/l", record, path_matching="resolved") is None
    assert bound("fd.name", b"/etc/shadow", record, path_matching="resolved") is not None


def test_a_condition_holds_under_one_whole_binding() -> None:
    """Not the directory of one form with the name of the other."""
    from tiercel.compiler.ir.program import FALSE, TRUE, CompiledCheck, Entry, Node, Program, Read

    checks = (
        CompiledCheck(Read("fd.directory"), "eq", (b"/tmp",)),
        CompiledCheck(Read("fd.filename"), "eq", (b"shadow",)),
    )
    nodes = (Node(0, 1, FALSE), Node(1, TRUE, FALSE))
    program = Program(("r",), checks, nodes, {EVENT_BY_NAME["openat"].code: (Entry(0, 0, True),)}, ((),))
    assert Evaluator(RuleProgram(program), ProcessTable()).feed(opened("openat", LINK)) == []


def test_requested_comes_first_when_both_hold() -> None:
    found = bound("fd.name", b"/etc/shadow", opened("openat", {"name": "/etc/shadow", "real": "/etc/shadow"}))
    assert found is not None
    assert found[0] == "requested"


def test_without_a_real_path_the_file_tells_it() -> None:
    record = opened("openat", "/proc/self/fd/4", file={"type": "file", "path": "/etc/shadow"})
    assert bound("fd.name", b"/etc/shadow", record) is not None
    assert read(opened("openat", "/gone"), "fd.name_resolved") == "/gone"


def test_other_descriptors_have_one_name() -> None:
    record = event("fchmod", {"res": 0, "fd": 4}, file={"type": "file", "path": "/etc/shadow"})
    assert read(record, "fd.name", "fd.name_requested", "fd.name_resolved", "evt.path_binding") == (
        "/etc/shadow",
    ) * 3 + (None,)
    record = event(
        "unlinkat",
        {"res": 0, "dirfd": 4, "name": {"name": "x", "base": "/d"}},
        file={"type": "directory", "path": "/d"},
    )
    assert read(record, "fd.name", "fd.type", "evt.path_binding") == ("/d", "directory", "requested")
    assert read(
        event("dup", {"res": 9, "oldfd": 1}, file={"type": "pipe", "path": ""}), "fd.name", "fd.type", "fd.num"
    ) == ("", "pipe", 9)
    assert read(
        event("memfd_create", {"fd": 3, "name": "x"}, file={"type": "memfd", "path": "x"}), "fd.name", "fd.typechar"
    ) == ("x", "m")


# --- Sockets ----------------------------------------------------------------------------------------------------------


def test_a_client() -> None:
    record = event("connect", {"res": 0, "fd": 3}, file=TCP)
    assert read(record, *ENDS) == ("10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2", 40000, 80, 40000, 80)
    assert read(record, "fd.name", "fd.type", "fd.typechar", "fd.l4proto", "fd.directory", "fd.filename") == (
        "10.0.0.1:40000->10.0.0.2:80",
        "ipv4",
        "4",
        "tcp",
        None,
        None,
    )


def test_a_server() -> None:
    record = event("accept", {"fd": 3}, file={**TCP, "role": "server"})
    assert read(record, *ENDS) == ("10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1", 40000, 80, 80, 40000)


def test_a_listening_socket_has_a_server_end_only() -> None:
    record = event("listen", {"res": 0, "fd": 3, "backlog": 5}, file=SERVER)
    assert read(record, *ENDS) == (None, "0.0.0.0", None, None, None, 22, None, None)
    assert read(record, "fd.name", "fd.type", "fd.l4proto") == ("0.0.0.0:22", "ipv4", "tcp")


def test_ipv6_and_ipv4_in_it() -> None:
    six = {**TCP, "type": "ipv6", "sip": "2001:db8::1", "dip": "2001:db8::2"}
    record = event("connect", {"res": 0, "fd": 3}, file=six)
    assert read(record, "fd.name", "fd.type", "fd.typechar", "fd.cip") == (
        "2001:db8::1:40000->2001:db8::2:80",
        "ipv6",
        "6",
        "2001:db8::1",
    )
    mapped = {**TCP, "type": "ipv6", "sip": "::ffff:10.0.0.1", "dip": "::ffff:10.0.0.2"}
    record = event("connect", {"res": 0, "fd": 3}, file=mapped)
    assert read(record, "fd.name", "fd.type", "fd.typechar", "fd.sip") == (
        "10.0.0.1:40000->10.0.0.2:80",
        "ipv4",
        "4",
        "10.0.0.2",
    )
    half = {**mapped, "sip": "2001:db8::1"}
    assert read(event("connect", {"res": 0, "fd": 3}, file=half), "fd.type") == "ipv6"


def test_a_fresh_socket_has_no_ends() -> None:
    record = event("socket", {"fd": 3, "domain": 2}, file={"type": "ipv4", "l4proto": "tcp"})
    assert read(record, *ENDS) == (None,) * 8
    assert read(record, "fd.name", "fd.l4proto", "fd.typechar") == ("", "<NA>", "4")
    assert read(event("socket", {"fd": 3, "domain": 10}, file={"type": "ipv6", "l4proto": "udp"}), "fd.type") == "ipv6"
    assert read(event("socket", {"fd": -97}), "fd.name", "fd.type", "fd.typechar", "fd.num") == ("", None, "4", -1)


@pytest.mark.parametrize(
    ("proto", "word"),
    [("tcp", "tcp"), ("udp", "udp"), ("icmp", "icmp"), ("raw", "raw"), ("unknown", "<NA>"), ("na", "<NA>")],
)
def test_transports(proto: str, word: str) -> None:
    record = event("connect", {"res": 0, "fd": 3}, file={**TCP, "l4proto": proto})
    assert read(record, "fd.l4proto") == word
    ends = "10.0.0.1->10.0.0.2" if proto in ("icmp", "raw") else "10.0.0.1:40000->10.0.0.2:80"
    assert read(record, "fd.name") == ends


def test_a_connection_that_failed_has_the_address_as_its_name() -> None:
    params = {"res": -111, "fd": 3, "addr": sockaddr("10.0.0.9", 99)}
    assert read(event("connect", params, file={"type": "ipv4", "l4proto": "tcp"}), "fd.name", "fd.sip") == (
        "10.0.0.9:99",
        None,
    )
    params["res"] = -115  # in progress
    assert read(event("connect", params, file=TCP), "fd.name", "fd.sip") == ("10.0.0.1:40000->10.0.0.2:80", "10.0.0.2")
    assert read(event("accept", {"fd": -11}), "fd.name", "fd.typechar") == ("", "4")


def test_bind_names_the_address() -> None:
    record = event(
        "bind", {"res": 0, "fd": 3, "addr": sockaddr("10.0.0.1", 53)}, file={**SERVER, "dip": "10.0.0.1", "dport": 53}
    )
    assert read(record, "fd.name", "fd.sport", "fd.sip") == ("10.0.0.1:53", 53, "10.0.0.1")
    record = event(
        "bind", {"res": 0, "fd": 3, "addr": sockaddr("rel.sock")}, file={"type": "unix", "path": "/run/rel.sock"}
    )
    assert read(record, "fd.name", "fd.name_resolved", "fd.type") == ("rel.sock", "/run/rel.sock", "unix")


def test_unix_sockets_have_falcos_name_and_their_path() -> None:
    params = {"res": 0, "fd": 3, "tuple": unix_tuple(0xAB, 0xCD, "/run/s")}
    record = event("connect", params, file={"type": "unix", "path": "/run/s", "role": "client"})
    assert read(record, "fd.name", "fd.name_resolved", "fd.l4proto", "fd.type") == (
        "ab->cd /run/s",
        "/run/s",
        "<NA>",
        "unix",
    )
    assert bound("fd.name", b"/run/s", record) is not None
    assert read(record, *ENDS) == (None,) * 8


def test_sending_without_a_connection() -> None:
    tuple_ = socktuple(("10.0.0.1", 5353), ("10.0.0.9", 53))
    file = {"type": "ipv4", "l4proto": "udp", "role": "none", "sip": "10.0.0.1", "sport": 5353}
    record = event("sendto", {"res": 1, "fd": 3, "tuple": tuple_}, file=file)
    assert read(record, "fd.name", "fd.sip", "fd.sport", "fd.l4proto") == (
        "10.0.0.1:5353->10.0.0.9:53",
        "10.0.0.9",
        53,
        "udp",
    )
    record = event("sendto", {"res": 1, "fd": 3, "tuple": tuple_}, file={**file, "role": "server"})
    assert read(record, "fd.name", "fd.sip", "fd.lport") == ("10.0.0.9:53->10.0.0.1:5353", "10.0.0.1", 5353)


def fits(record: bytes, field: str, op: str, *operand: Any) -> bool:
    return bool(Evaluator(RuleProgram(checking(field, op, *operand)), ProcessTable()).feed(record))


def test_either_end() -> None:
    record = event("connect", {"res": 0, "fd": 3}, file=TCP)
    client, server, other = ((bytes([10, 0, 0, last]), 32) for last in (1, 2, 3))
    for end in (client, server):
        assert fits(record, "fd.ip", "eq", end)
        assert fits(record, "fd.ip", "in", other, end)
        assert not fits(record, "fd.ip", "ne", end)
    assert fits(record, "fd.ip", "ne", other)
    assert fits(record, "fd.port", "eq", 80)
    assert fits(record, "fd.port", "eq", 40000)
    assert fits(record, "fd.port", "lt", 1024)
    assert not fits(record, "fd.port", "ne", 80)
    assert fits(record, "fd.net", "eq", (bytes([10, 0, 0, 2]), 31))
    assert not fits(record, "fd.net", "eq", (bytes([10, 1, 0, 0]), 16))
    listening = event("listen", {"res": 0, "fd": 3}, file=SERVER)
    assert fits(listening, "fd.port", "eq", 22)
    assert not fits(listening, "fd.port", "eq", 0)
    assert not fits(listening, "fd.port", "ne", 22)
    for field, operand in (("fd.ip", other), ("fd.net", other), ("fd.port", 1)):
        assert not fits(event("kill"), field, "ne", operand)
        assert not fits(opened(), field, "ne", operand)
    assert read(record, "fd.ip", "fd.port", "fd.net") == (None, None, None)


# --- fs.path.* --------------------------------------------------------------------------------------------------------

SINGLE = {
    "mkdir": "path",
    "mkdirat": "path",
    "rmdir": "path",
    "chown": "path",
    "lchown": "path",
    "unlink": "path",
    "unlinkat": "name",
    "umount2": "name",
    "chmod": "filename",
    "fchmodat": "filename",
    "fchownat": "pathname",
}
FS = ("fs.path.name", "fs.path.source", "fs.path.target")


@pytest.mark.parametrize(("name", "param"), SINGLE.items())
def test_calls_on_one_path(name: str, param: str) -> None:
    path = {"name": "a/../b", "base": "/d", "real": "/real/b"}
    assert read(event(name, {"res": 0, param: path}), *FS) == ("/d/b", None, None)
    assert read(event(name, {"res": -2, param: path}), *FS) == (None, None, None)
    record = event(name, {"res": 0, param: path})
    assert bound("fs.path.name", b"/real/b", record) is not None
    assert bound("fs.path.name", b"/d/b", record) is not None


@pytest.mark.parametrize("name", ["open", "openat", "openat2"])
def test_opened_paths(name: str) -> None:
    assert read(opened(name, {"name": "b", "base": "/d"}), *FS) == ("/d/b", None, None)
    assert read(opened(name, {"name": "b", "base": "/d"}, fd=-2), *FS) == ("/d/b", None, None)  # counts, as in Falco
    assert read(opened(name, {"name": "b", "base": "/d"}, fd=-1), *FS) == (None, None, None)
    assert read(opened("creat", "/x"), *FS) == (None, None, None)


@pytest.mark.parametrize("name", ["fchmod", "fchown"])
def test_calls_on_a_descriptor(name: str) -> None:
    assert read(event(name, {"res": 0, "fd": 3}, file={"type": "file", "path": "/etc/x"}), *FS) == (
        "/etc/x",
        None,
        None,
    )
    assert read(event(name, {"res": 0, "fd": 3}), *FS) == (None, None, None)


@pytest.mark.parametrize("name", ["rename", "renameat", "renameat2"])
def test_renames(name: str) -> None:
    params = {"res": 0, "oldpath": {"name": "a", "base": "/d"}, "newpath": {"name": "b", "base": "/e", "real": "/f/b"}}
    assert read(event(name, params), *FS) == (None, "/d/a", "/e/b")
    assert bound("fs.path.target", b"/f/b", event(name, params)) is not None


@pytest.mark.parametrize("name", ["link", "linkat"])
def test_links(name: str) -> None:
    params = {"res": 0, "oldpath": "/old", "newpath": {"name": "n", "base": "/d"}}
    assert read(event(name, params), *FS) == (None, "/d/n", "/old")


@pytest.mark.parametrize("name", ["symlink", "symlinkat"])
def test_symbolic_links(name: str) -> None:
    params = {"res": 0, "target": "/etc/shadow", "linkpath": {"name": "sub/l", "base": "/d", "real": "/real/sub/l"}}
    assert read(event(name, params), *FS) == (None, "/d/sub/l", "/etc/shadow")
    # A relative target starts from the call's directory in Falco's eyes, from the link's in truth.
    record = event(name, {**params, "target": "../x"})
    assert read(record, "fs.path.target") == "/x"
    assert bound("fs.path.target", b"/real/x", record) is not None
    record = event(name, {"res": 0, "target": "t", "linkpath": "/d/l"}, header={"cwd": "/home"})
    assert read(record, "fs.path.target") == "/home/t"


def test_mounts() -> None:
    params = {"res": 0, "dev": "/dev//sda1", "dir": {"name": "mnt", "base": "/"}}
    assert read(event("mount", params), *FS) == (None, "/dev/sda1", "/mnt")
    assert read(event("mount", {**params, "dev": "tmpfs"}), *FS) == (None, "tmpfs", "/mnt")
    assert read(event("mount", {"res": 0, "dir": "/mnt"}), *FS) == (None, None, "/mnt")
