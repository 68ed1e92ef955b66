# SPDX-License-Identifier: Apache-2.0
"""``evt.*``, and how params are printed."""

from __future__ import annotations

import struct
import time
from typing import Any

import pytest
from support.compiling import build, rule
from support.core import HEADER, PARENT, PID, START, VISIBLE, capturing, evaluator_of, event, read

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.state.process_table import ProcessTable
from tiercel.schema.names import EVENT_BY_NAME
from tiercel.schema.wire import sockaddr, socktuple, unix_tuple, variant

UNIX_2026 = 1_790_000_000_123_456_789


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_times(berlin: None) -> None:
    fields = (
        "evt.time",
        "evt.time.s",
        "evt.time.iso8601",
        "evt.datetime",
        "evt.datetime.s",
        "evt.rawtime",
        "evt.rawtime.s",
        "evt.rawtime.ns",
    )
    evaluator = Evaluator(capturing(*fields), ProcessTable(), unix_offset_ns=UNIX_2026 - HEADER["time_ns"])
    (alert,) = evaluator.feed(event("kill", {"res": 0}))
    local = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(UNIX_2026 // 10**9))
    assert alert.time_ns == UNIX_2026
    assert alert.values == (
        f"{local[11:]}.123456789",
        local[11:],
        "2026-09-21T14:13:20.123456789+0000",
        f"{local}.123456789",
        local,
        UNIX_2026,
        UNIX_2026 // 10**9,
        123456789,
    )


def test_the_clock_is_that_of_now_by_default() -> None:
    record = event("kill", header={"time_ns": time.clock_gettime_ns(time.CLOCK_BOOTTIME)})
    (alert,) = Evaluator(capturing(), ProcessTable()).feed(record)
    assert abs(alert.time_ns - time.time_ns()) < 10**9


def test_events_are_counted() -> None:
    evaluator = Evaluator(capturing("evt.num"), ProcessTable())
    assert [evaluator.feed(event("kill"))[0].values for _ in range(3)] == [(1,), (2,), (3,)]
    assert [alert.num for alert in evaluator.feed(event("kill"))] == [4]


@pytest.mark.parametrize("name", sorted(set(VISIBLE) - {"syscall"}))
def test_what_every_event_has(name: str) -> None:
    row = EVENT_BY_NAME[name]
    kind, direction, category, num, cpu = read(
        event(name, header={"cpu": 3}), "evt.type", "evt.dir", "evt.category", "evt.num", "evt.cpu"
    )
    assert (kind, direction, num, cpu) == (name, row.direction, 1, 3)
    words = {"io_read": "unknown", "io_write": "unknown", "io_other": "unknown", "ipc": "IPC"}
    assert category == words.get(row.category, row.category)
    # All params are absent, and a record like that is whole.
    args = read(event(name), "evt.args")
    assert [part.partition("=")[0] for part in args.split()] == [param.name for param in row.params]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("file", "file"),
        ("directory", "file"),
        ("ipv4", "net"),
        ("ipv6_server", "net"),
        ("unix", "ipc"),
        ("pipe", "ipc"),
        ("bpf", "unknown"),
    ],
)
def test_the_topic_of_io_is_that_of_the_descriptor(kind: str, expected: str) -> None:
    assert read(event("dup", {"res": 4, "oldfd": 3}, file={"type": kind}), "evt.category") == expected


@pytest.mark.parametrize(
    ("res", "expected"),
    [
        (0, ("SUCCESS", 0, False)),
        (7, ("SUCCESS", 7, False)),
        (-2, ("ENOENT", -2, True)),
        (-512, ("ERESTARTSYS", -512, True)),
        (-9999, ("-9999", -9999, True)),
    ],
)
def test_results(res: int, expected: tuple[Any, ...]) -> None:
    for name, param in (("kill", "res"), ("openat", "fd"), ("bpf", "fd")):
        assert read(event(name, {param: res}), "evt.res", "evt.rawres", "evt.failed") == expected


def test_an_exit_has_no_result() -> None:
    record = event("procexit", {"status": -1, "ret": 0, "sig": 9, "core": 0, "reaper_tid": 0})
    assert read(record, "evt.res", "evt.rawres", "evt.failed") == (None, None, None)


@pytest.mark.parametrize(
    ("flags", "mode", "expected"),
    [
        (1, 0, (True, False, False)),
        (2, 0, (False, True, False)),
        (3, 0o777, (True, True, False)),
        (2 | 4, 0o644, (False, True, False)),
        (2 | 4, 0o700, (False, True, True)),
        (2 | 0x2000, 0o010, (False, True, True)),
    ],
)
def test_opening(flags: int, mode: int, expected: tuple[bool, ...]) -> None:
    fields = ("evt.is_open_read", "evt.is_open_write", "evt.is_open_exec")
    for name in ("open", "openat", "openat2"):
        assert read(event(name, {"fd": 3, "flags": flags, "mode": mode}), *fields) == expected
    assert read(event("creat", {"fd": 3, "mode": mode}), *fields) == (False, False, bool(mode & 0o111))
    assert read(event("kill"), *fields) == (False, False, False)


# --- Params -----------------------------------------------------------------------------------------------------------


def fdlist(*pairs: tuple[int, int]) -> bytes:
    return struct.pack("=H", len(pairs)) + b"".join(struct.pack("=qH", *pair) for pair in pairs)


CASES: list[tuple[str, str, Any, str, str]] = [
    # event, param, value, raw, meaning
    ("kill", "res", 0, "0", ""),
    ("kill", "res", -1, "-1", "EPERM"),
    ("kill", "sig", 9, "9", "SIGKILL"),
    ("kill", "sig", 0, "0", ""),
    ("kill", "sig", 40, "40", ""),
    ("kill", "pid", -5, "-5", ""),
    ("kill", "pid", PID, str(PID), "cat"),
    ("kill", "pid", 99999, "99999", ""),
    ("openat", "fd", -13, "-13", "EACCES"),
    ("openat", "dirfd", -100, "-100", "AT_FDCWD"),
    ("openat", "dirfd", 5, "5", ""),
    ("openat", "flags", 0, "0", "O_NONE"),
    ("openat", "flags", 3, "3", "O_RDWR"),
    ("openat", "flags", 0x1000 | 2 | 4, "4102", "O_CREAT|O_WRONLY|O_CLOEXEC"),
    ("openat", "flags", 1 << 31, "2147483648", ""),
    ("openat", "mode", 0o644, "0644", ""),
    ("openat", "mode", 0, "0", ""),
    ("openat", "dev", 0xAB12, "AB12", ""),
    ("openat", "ino", 2**64 - 1, "-1", ""),
    ("openat", "name", "/etc//x", "/etc//x", ""),
    ("openat", "name", {"name": "x/../y", "base": "/tmp"}, "x/../y", "/tmp/y"),
    ("openat", "name", "", "", ""),
    ("openat", "name", "(NULL)", "<NA>", ""),
    ("socket", "domain", 1, "1", "AF_LOCAL|AF_UNIX"),
    ("socket", "domain", 2, "2", "AF_INET"),
    ("socket", "domain", 250, "250", ""),
    ("chmod", "mode", 0o4755, "04755", "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID"),
    ("chmod", "mode", 0, "0", ""),
    ("mkdir", "mode", 0x1FF, "1FF", ""),
    ("listen", "backlog", -1, "-1", ""),
    ("accept4", "flags", -1, "FFFFFFFF", ""),
    ("setuid", "uid", 1000, "1000", "me"),
    ("setuid", "uid", 1001, "1001", "<NA>"),
    ("setuid", "uid", 0xFFFFFFFF, "-1", "<NONE>"),
    ("setgid", "gid", 100, "100", "us"),
    ("execve", "args", ["-l", "a b"], "-l.a b", ""),
    ("execve", "args", [], "NULL", ""),
    ("execve", "exe", "", "", ""),
    ("execve", "exe", b"a\xffb", "a\udcffb", ""),
    ("execve", "trusted_exepath", {"real": "/bin/x"}, "/bin/x", ""),
    ("execve", "exe_ino_ctime", 1_500_000_000, "1970-01-01 00:00:01.500000000", ""),
    ("bind", "addr", sockaddr("127.0.0.1", 80), "127.0.0.1:80", ""),
    ("bind", "addr", sockaddr("2001:db8::1", 80), "2001:db8::1:80", ""),
    ("bind", "addr", sockaddr("/run/s"), "/run/s", ""),
    ("bind", "addr", bytes([16, 1, 2]), "family 16", ""),
    ("bind", "addr", bytes([2, 1]), "family 2", ""),
    ("connect", "tuple", socktuple(("10.0.0.1", 5), ("10.0.0.2", 80)), "10.0.0.1:5->10.0.0.2:80", ""),
    ("connect", "tuple", socktuple(("::1", 5), ("::2", 80)), "::1:5->::2:80", ""),
    ("connect", "tuple", socktuple(("::ffff:10.0.0.1", 5), ("::ffff:10.0.0.2", 80)), "10.0.0.1:5->10.0.0.2:80", ""),
    ("connect", "tuple", unix_tuple(0xFFFF8880AB, 0, "/run/s"), "ffff8880ab->0 /run/s", ""),
    ("connect", "tuple", b"", "NULL", ""),
    ("ptrace", "request", 11, "11", "PTRACE_ATTACH"),
    ("ptrace", "addr", variant("ptrace_dynamic_param", 0, 0xBEEF), "BEEF", ""),
    ("ptrace", "data", variant("ptrace_dynamic_param", 1, 19), "19", "SIGSTOP"),
    ("ptrace", "data", b"\x07\x01", "..", ""),
    ("init_module", "img", b"\x7fELF\x01", ".ELF.", ""),
    ("dup3", "flags", 0x1000, "4096", "O_CLOEXEC"),
    ("keyctl", "arg2", b"\x00" + (-3).to_bytes(8, "little", signed=True), "-3", ""),
    ("keyctl", "arg3", b"\x01user\0", "user", ""),
    ("keyctl", "arg4", b"\x01\0", "", ""),
    ("keyctl", "arg4", b"\x01", "(null)", ""),
    ("keyctl", "arg5", b"\x01(NULL)\0", "(NULL)", ""),
    ("keyctl", "arg5", b"", "NULL", ""),
    ("setsockopt", "val", b"\x00\x01a\xff", ".a.", ""),
    ("setsockopt", "val", b"\x01" + (-22).to_bytes(8, "little", signed=True), "-22", "EINVAL"),
    ("setsockopt", "val", b"\x02" + (7).to_bytes(4, "little"), "7", ""),
    ("setsockopt", "val", b"\x03" + (2**63).to_bytes(8, "little"), str(-(2**63)), ""),
    ("setsockopt", "val", b"\x04" + (1_500_000_000).to_bytes(8, "little"), "1500000000", "1.5s"),
    ("setsockopt", "val", b"\x02\x07", ".", ""),
    ("setsockopt", "level", 1, "1", "SOL_SOCKET"),
    ("nanosleep", "interval", 1000, "1000", "1e-06s"),
    ("nanosleep", "interval", 2**64 - 1, "none", ""),
    ("ppoll", "sigmask", 0x101, "SIGHUP SIGKILL", ""),
    ("ppoll", "sigmask", 0, "", ""),
    ("ppoll", "fds", fdlist((3, 1), (-1, 0x2005)), "3:?1 18446744073709551615:?2005", ""),
    ("poll", "fds", fdlist(), "", ""),
    ("poll", "fds", b"", "NULL", ""),
    ("poll", "timeout", -1, "-1", ""),
    ("brk", "res", 0xAB0, "AB0", ""),
    ("mmap", "res", -12, "-12", "ENOMEM"),
    ("close_range", "last", 2**32 - 1, "-1", ""),
    ("lseek", "offset", 2**64 - 118, "-118", ""),
    ("openat", "name", "<NA>", "<NA>", ""),
    ("mmap", "prot", 0, "0", "PROT_NONE"),
    ("mmap", "fd", -1, "-1", "EPERM"),
    ("access", "mode", 0, "0", "F_OK"),
    ("access", "mode", 5, "5", "R_OK|X_OK"),
    ("fcntl", "cmd", 2, "2", "F_GETFD"),
    ("shutdown", "how", 2, "2", "SHUT_RDWR"),
    ("mknod", "mode", 0x2000 | 0x180, "020600", "S_IWUSR|S_IRUSR|S_IFCHR"),
    ("semop", "sem_op_0", -1, "-1", ""),
    ("getuid", "uid", 1000, "1000", "me"),
    ("setreuid", "euid", 0xFFFFFFFF, "-1", "<NONE>"),
    ("process_vm_readv", "data", b"a\0b", "a.b", ""),
    ("task", "ppid", 5, "(n.a.)", ""),
    ("task_file_pipe", "fd", 5, "(n.a.)", ""),
    ("task_file_socket_inet", "local_ip", bytes(4), "(n.a.)", ""),
    ("task_file_socket_inet", "local_port", 80, "(n.a.)", ""),
    ("task", "argv", ["ls", "-l"], "ls.-l", ""),
]


@pytest.fixture
def table() -> ProcessTable:
    table = ProcessTable()
    table.seed(tgid=PID, start_ns=START, comm="cat", exe="cat", ptgid=PARENT, pstart_ns=5)
    table.set_users({1000: "me"})
    table.set_groups({100: "us"})
    return table


@pytest.mark.parametrize(("name", "param", "value", "raw", "meaning"), CASES)
def test_params(
    table: ProcessTable, monkeypatch: pytest.MonkeyPatch, name: str, param: str, value: Any, raw: str, meaning: str
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    record = event(name, {param: value})
    assert read(record, f"evt.arg.{param}", table=table) == (meaning or raw)
    index = [row.name for row in EVENT_BY_NAME[name].params].index(param)
    assert read(record, f"evt.arg[{index}]", table=table) == (meaning or raw)
    shown = f"{param}={raw}({meaning})" if meaning else f"{param}={raw}"
    assert f" {shown} " in f" {read(record, 'evt.args', table=table)} "


def test_absent_params() -> None:
    record = event("openat")
    assert read(record, "evt.arg.fd", "evt.arg.name", "evt.arg.nosuch", "evt.arg[7]") == ("<NA>", "<NA>", None, None)
    assert read(event("execve"), "evt.arg.args", "evt.arg.exe", "evt.arg.trusted_exepath") == ("NULL", "<NA>", "<NA>")
    assert read(event("bind"), "evt.arg.addr") == "<NA>"
    assert read(event("connect"), "evt.arg.tuple") == "NULL"


def test_descriptors_have_the_name_of_their_file() -> None:
    record = event("fchmod", {"res": 0, "fd": 4, "mode": 0}, file={"type": "file", "path": "/etc/passwd"})
    assert read(record, "evt.arg.fd", "evt.args") == ("<f>/etc/passwd", "res=0 fd=4(<f>/etc/passwd) mode=0")
    ends = {
        "type": "ipv4",
        "l4proto": "tcp",
        "role": "client",
        "sip": "10.0.0.1",
        "sport": 5,
        "dip": "10.0.0.2",
        "dport": 80,
    }
    record = event("connect", {"res": 0, "fd": 4}, file=ends)
    assert read(record, "evt.arg.fd") == "<4t>10.0.0.1:5->10.0.0.2:80"
    record = event(
        "openat", {"fd": 3, "dirfd": 3, "name": {"name": "a", "base": "/tmp"}}, file={"type": "file", "path": "/tmp/a"}
    )
    assert read(record, "evt.arg.fd", "evt.arg.dirfd") == ("<f>/tmp/a", "3")


def test_all_params_in_one_line() -> None:
    params = {
        "res": 0,
        "oldpath": {"name": "a", "base": "/t"},
        "olddirfd": -100,
        "newpath": "/b",
        "newdirfd": 7,
        "flags": 1,
    }
    assert read(event("renameat2", params), "evt.args") == (
        "res=0 olddirfd=-100(AT_FDCWD) oldpath=a(/t/a) newdirfd=7 newpath=/b flags=1(RENAME_NOREPLACE)"
    )


def test_calls_without_an_event_of_their_own() -> None:
    record = event("syscall", {"ID": 2, "nativeID": 60})
    fields = ("evt.type", "syscall.type", "evt.args", "evt.arg.ID", "evt.arg.nativeID", "evt.res", "evt.rawarg.ID")
    assert read(record, *fields) == ("exit", "exit", "", "exit", "60", None, 2)


def test_events_of_plugins_have_their_own_names() -> None:
    record = event("asyncevent", {"plugin_id": 1, "name": b"sample\0", "data": b"x"})
    fields = ("evt.type", "syscall.type", "evt.asynctype", "evt.is_async", "evt.type.is.asyncevent")
    assert read(record, *fields) == ("sample", None, "sample", True, 0)


def test_times_since_other_events() -> None:
    fields = [f"evt.{name}{part}" for name in ("reltime", "deltatime") for part in ("", ".s", ".ns")]
    evaluator = Evaluator(capturing(*fields), ProcessTable())
    times = (1_000, 3_000_000_500, 3_000_000_600)
    values = [evaluator.feed(event("kill", header={"time_ns": time}))[0].values for time in times]
    assert values == [
        (0, 0, 0, 0, 0, 0),
        (2_999_999_500, 2, 999_999_500, 2_999_999_500, 2, 999_999_500),
        (2_999_999_600, 2, 999_999_600, 100, 0, 100),
    ]


@pytest.mark.parametrize(
    ("name", "param", "value", "expected"),
    [
        ("getuid", "uid", 0xFFFFFFFF, ("<NONE>", -1)),
        ("brk", "res", 2**64 - 12, ("FFFFFFFFFFFFFFF4", -12)),
        ("process_vm_readv", "res", -3, ("-3", -3)),
        ("clone", "res", -22, ("-22", -22)),
        ("setsid", "res", -1, ("-1", -1)),
        ("setpgid", "res", -3, ("ESRCH", -3)),
    ],
)
def test_results_of_other_types(name: str, param: str, value: int, expected: tuple[str, int]) -> None:
    """As in Falco, only a param whose type is an error or a descriptor gets the name of an error."""
    assert read(event(name, {param: value}), "evt.res", "evt.rawres") == expected


def test_opening_by_handle() -> None:
    fields = ("evt.is_open_read", "evt.is_open_write", "evt.abspath")
    record = event("open_by_handle_at", {"fd": 3, "flags": 3, "path": "/a/../b"})
    assert read(record, *fields) == (True, True, "/b")
    assert read(event("open_by_handle_at", {"fd": -2, "flags": 1, "path": "/b"}), *fields) == (True, False, None)


def test_lists_of_descriptors() -> None:
    fields = ("fdlist.nums", "fdlist.names", "fdlist.cips", "fdlist.sports")
    record = event("poll", {"res": 1, "fds": fdlist((3, 1), (7, 4)), "timeout": 5})
    assert read(record, *fields) == ("3,7", "<NA>,<NA>", None, None)
    assert read(event("poll"), *fields) == (None, None, None, None)
    assert read(event("kill"), *fields) == (None, None, None, None)


@pytest.mark.parametrize(("milliseconds", "fits"), [(0, False), (4, False), (5, True), (2**40, True)])
def test_around(milliseconds: int, fits: bool) -> None:
    """`=` means at most so far away, before or after."""
    for there in (1_000_000_000, 1_010_000_000 - 1):
        program = build(rule(f"evt.type = kill and evt.around[{there}] = {milliseconds}")).program
        assert program is not None
        found = evaluator_of(program, unix_offset_ns=0).feed(event("kill", header={"time_ns": 1_005_000_000 - 1}))
        assert bool(found) == fits
