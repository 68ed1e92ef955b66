# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: events given as mappings, and the values that conditions about them are made of."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from tiercel.schema.names import EVENT_BY_NAME

COUNT = 12
"""Events of one example."""

_POOLS: dict[str, tuple[Any, ...]] = {}


def _pool(name: str, values: list[Any]) -> st.SearchStrategy[Any]:
    """Values that both conditions and events take."""
    _POOLS[name] = tuple(values)
    return st.sampled_from(values)


EVENT_NAMES = ("open", "openat", "execve", "connect", "rename", "procexit")

WORDS = _pool(
    "words", ["cat", "sh", "bash", "Cat", "nginx", "", "a b", "x'y", 'q"r', "Y2F0", "c2g=", "5", "-bx", "a\nb"]
)
PATHS = _pool(
    "paths",
    ["/etc", "/etc/passwd", "/etc/shadow", "/tmp/x", "/", "etc/passwd", "/etc//x/", "/tmp/cat", "/ETC/x", "//etc"],
)
NUMERALS = st.sampled_from(["5", "0", "-1", "42", "1e+3", "0x1f"])
ADDRESSES = _pool("addresses", ["10.0.0.1", "10.0.0.2", "192.168.1.1", "::1", "fd00::7"])
NETWORKS = st.sampled_from(
    ["10.0.0.0/8", "10.0.0.1/32", "10.0.0.77/24", "192.168.0.0/16", "0.0.0.0/0", "fd00::/8", "::/1", "::1/128"]
)
INTS = st.integers(-3, 4)
UINTS = st.sampled_from([0, 1, 2, 3, 1000, -1])
PORTS = _pool("ports", [0, 22, 80, 443, 65535])
BUFFERS = _pool("buffers", [b"\x7fELF", b"ab\0c", b"", b"GET /x", b"ab", b"Y2F0", b"\xff\xfe\n", b"cat"])

SINGLE_TEXT_FIELDS = (
    *("proc.name", "proc.pname", "proc.cmdline", "user.name", "fd.name", "fd.directory", "proc.env[HOME]"),
    "proc.args[1]",
)
TEXT_FIELDS = (
    *("proc.name", "proc.pname", "proc.aname", "proc.aname[2]", "proc.cmdline", "user.name", "container.id"),
    *("proc.env[HOME]", "proc.args[1]", "thread.cgroup.cpuset", "evt.rawarg.comm"),
)
PATH_FIELDS = ("fd.name", "fd.directory", "fs.path.name")
OPTION_FIELDS = ("proc.cmdline", "proc.name")
INT_FIELDS = ("fd.num", "evt.rawres", "proc.pid", "proc.apid", "proc.apid[1]", "thread.tid")
SINGLE_INT_FIELDS = ("fd.num", "evt.rawres", "proc.pid", "thread.tid")
UINT_FIELDS = ("user.uid", "group.gid", "proc.tty")
DOUBLE_FIELDS = ("proc.fdusage", "thread.cpu")
BOOL_FIELDS = ("evt.is_open_write", "evt.failed", "evt.is_open_read")
PORT_FIELDS = ("fd.sport", "fd.port", "fd.cport")
SINGLE_PORT_FIELDS = ("fd.sport", "fd.cport")
IP_FIELDS = ("fd.sip", "fd.ip", "fd.cip")
SINGLE_IP_FIELDS = ("fd.sip", "fd.cip")
NET_FIELDS = ("fd.net", "fd.snet")
PARAMS = ("name", "flags", "oldpath", "fd", "res")
SEVERAL = {"proc.aname", "proc.apid", "fd.ip", "fd.port", "fd.net"}

_ODD = ("a*", "/b", "[a]", "??", "a\\b", "-", "/./..", "caf\u00e9", "\udcff/x", "/etc/\udce9")
_TYPES = ("file", "ipv4", "pipe", "unix")
_WORDS, _PATHS = (
    (*_POOLS["words"], *_POOLS["words"], *_POOLS["paths"], *_ODD),
    (*_POOLS["paths"], *_POOLS["paths"], *_ODD),
)
_VALUES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(TEXT_FIELDS, _WORDS),
    **dict.fromkeys(PATH_FIELDS, _PATHS),
    **dict.fromkeys(INT_FIELDS, tuple(range(-3, 5))),
    **dict.fromkeys(UINT_FIELDS, (0, 1, 2, 3, 1000, 4294967295)),
    **dict.fromkeys(PORT_FIELDS, _POOLS["ports"]),
    **dict.fromkeys(DOUBLE_FIELDS, (0.0, 1.0, 1.5, -0.5, 2.0)),
    **dict.fromkeys(BOOL_FIELDS, (True, False)),
    **dict.fromkeys((*IP_FIELDS, *NET_FIELDS), _POOLS["addresses"]),
    "evt.buffer": _POOLS["buffers"],
}
_TWO_FORMS = frozenset(PATH_FIELDS)


def make_event(random: Random) -> dict[str, Any]:
    """An event as a mapping; any field but the type and the number may be missing, or be None."""
    row = EVENT_BY_NAME[random.choice(EVENT_NAMES)]
    event: dict[str, Any] = {"evt.type": row.name, "evt.num": random.randint(1, 4)}
    for name, values in _VALUES.items():
        if random.random() < 0.85:
            event[name] = _value(random, name, values)
        elif random.random() < 0.2:
            event[name] = None
    if not any(param.name == "comm" for param in row.params):
        event.pop("evt.rawarg.comm", None)  # no event of this type has it
    if random.random() < 0.85:
        event["fd.types"] = random.sample(_TYPES, random.randint(0, 3))
    for param in row.params:
        if param.name in PARAMS and random.random() < 0.8:
            event[f"evt.arg.{param.name}"] = _path(random, _PATHS) if param.type.is_path else random.choice(_WORDS)
    return event


def _value(random: Random, name: str, values: tuple[Any, ...]) -> Any:
    if name in SEVERAL:
        return [random.choice(values) for _ in range(random.randint(0, 3))]
    return _path(random, values) if name in _TWO_FORMS else random.choice(values)


def _path(random: Random, values: tuple[Any, ...]) -> Any:
    """One path, or two where requested and resolved path differ."""
    one = random.choice(values)
    if random.random() < 0.6:
        return one
    other = random.choice(values) if random.random() < 0.9 else None
    return {"requested": one, "resolved": other}


def event() -> st.SearchStrategy[dict[str, Any]]:
    """One event. It is made from a seed, as hypothesis is slow at drawing so many values."""
    return st.integers(0, 2**32).map(lambda seed: make_event(Random(seed)))


def events() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Some events."""
    return st.integers(0, 2**32).map(lambda seed: [make_event(random) for random in [Random(seed)] * COUNT])
