# SPDX-License-Identifier: Apache-2.0
"""Conditions about what the probe can decide, and about what it cannot: made from a seed, as authors write them."""

from __future__ import annotations

import json
from random import Random

from support.facts import PATHS
from tiercel import compiler
from tiercel.compiler.ir.program import Program
from tiercel.compiler.kernel_filter import pushdown
from tiercel.compiler.kernel_filter.dnf import MAX_CLAUSES
from tiercel.rules import load_text

_TEXTS = ("=", "!=", "startswith", "endswith", "contains", "icontains", "glob", "in", "pmatch", "exists")
_PATH_FIELDS = (
    *("fd.name", "fd.name", "fd.name", "fd.directory", "fd.filename", "fd.nameraw", "evt.arg.name", "fs.path.name"),
    *("fd.name_requested", "fd.name_resolved", "evt.abspath", "evt.arg.path", "fs.path.source", "evt.rawarg.name"),
)
_PARTS = (
    "/",
    "/etc",
    "/etc/",
    "etc",
    "shadow",
    "/shadow",
    ".ssh",
    "/.",
    "log",
    "",
    "/usr/lib/x86_64",
    "id_rsa",
    "a",
    "<NA>",
    "<",
)
_PATTERNS = ("/etc/*", "*shadow", "/*/shadow", "/etc/[ps]*", "*", "/etc/shadow", "*etc*", "/?tc/*", "\\/etc*", "*.so.6")
_MACROS = (
    "evt.type in (open,openat,openat2) and evt.is_open_write=true and fd.typechar='f' and fd.num>=0",
    "evt.type in (open,openat,openat2) and evt.is_open_read=true and fd.typechar='f' and fd.num>=0",
    "evt.type in (open,openat,openat2) and evt.failed=true",
    "evt.type in (open,openat,openat2,creat) and evt.rawres>=0",
    "evt.type = creat and evt.res=SUCCESS",
    "evt.type in (connect,sendto) and fd.l4proto in (tcp,udp) and (fd.typechar = 4 or fd.typechar = 6)",
    "evt.is_open_exec = true",
    "evt.dir = <",
    "evt.type in (read,write,close,openat)",
)
_NUMBERS = ("-2", "-1", "0", "1", "3", "1000", "4294967295")
_ORDER = ("=", "!=", "<", "<=", ">", ">=")
_WORDS = {
    "fd.typechar": ("f", "d", "4", "6", "u", "p", "o", "?"),
    "fd.type": ("file", "directory", "ipv4", "ipv6", "unix", "pipe", "event"),
    "fd.sockfamily": ("ip", "unix"),
    "fd.l4proto": ("tcp", "udp", "<NA>", "raw"),
    "evt.res": ("SUCCESS", "ENOENT", "EPERM"),
    "evt.io_dir": ("read", "write"),
    "evt.category": ("file", "net", "memory", "other"),
    "proc.name": ("cat", "sh"),
    "evt.type": ("openat", "open", "read", "connect", "close"),
    "evt.arg.flags": ("O_CREAT", "O_TRUNC", "O_APPEND", "O_DIRECTORY", "O_"),
}
_FLAGS = (
    "evt.failed",
    "evt.is_open_read",
    "evt.is_open_write",
    "evt.is_open_exec",
    "evt.is_open_create",
    "evt.is_io_write",
)
_INTS = (
    "fd.num",
    "evt.rawres",
    "evt.rawarg.res",
    "evt.rawarg.fd",
    "user.uid",
    "evt.buflen",
    "fd.sport",
    "fd.port",
    "fd.ino",
)
_PORTS = ("fd.sport", "fd.port", "fd.cport", "fd.lport", "fd.rport")


def make_condition(random: Random, depth: int = 3) -> str:
    """A condition of some checks."""
    chance = random.random()
    if depth == 0 or chance < 0.3:
        return make_check(random)
    if chance < 0.45:
        return f"not ({make_condition(random, depth - 1)})"
    word = " and " if chance < 0.8 else " or "
    return word.join(f"({make_condition(random, depth - 1)})" for _ in range(random.randint(2, 4)))


def make_rules(random: Random) -> list[str]:
    """Conditions of a rule set: most often with a type, flags and a path, as those of files are."""
    return [_usual(random) if random.random() < 0.6 else make_condition(random) for _ in range(random.randint(1, 6))]


def _usual(random: Random) -> str:
    path = " or ".join(_path(random) for _ in range(random.randint(1, 3)))
    parts = [random.choice(_MACROS[:6]), f"({path})", *(make_check(random) for _ in range(random.randint(0, 2)))]
    return " and ".join(f"not ({part})" if random.random() < 0.07 else f"({part})" for part in parts)


def make_check(random: Random) -> str:
    """One check, or a macro of several."""
    kind = random.choice(("path", "path", "macro", "flag", "word", "word", "number", "number", "call", "same"))
    if kind == "path":
        return _path(random)
    if kind == "macro":
        return random.choice(_MACROS)
    if kind == "flag":
        return f"{random.choice(_FLAGS)} {random.choice(('=', '!='))} {random.choice(('true', 'false'))}"
    if kind == "number":
        return make_number(random)
    if kind == "call":
        return f"{random.choice(('tolower', 'basename'))}({random.choice(_PATH_FIELDS[:5])}) {_compared(random)}"
    if kind == "same":
        return f"fd.name = val({random.choice(('fd.directory', 'evt.arg.name', 'fs.path.name'))})"
    return _word(random)


def make_number(random: Random) -> str:
    """A check of a number."""
    field = random.choice(_INTS)
    numbers = _NUMBERS if field not in _PORTS else ("0", "53", "443", "4000")
    if random.random() < 0.1:
        return f"{field} exists"
    if random.random() < 0.2:
        return f"{field} in ({', '.join(random.sample(numbers, 2))})"
    return f"{field} {random.choice(_ORDER)} {random.choice(numbers)}"


def _word(random: Random) -> str:
    field = random.choice(tuple(_WORDS))
    words = _WORDS[field]
    op = random.choice(("=", "=", "!=", "in", "contains", "exists"))
    if field == "evt.type" and op not in {"=", "!=", "in"}:
        op = "="
    if op == "exists":
        return f"{field} exists"
    if op == "in":
        return f"{field} in ({', '.join(map(_quoted, random.sample(words, min(2, len(words)))))})"
    return f"{field} {op} {_quoted(random.choice(words))}"


def _path(random: Random) -> str:
    return f"{random.choice(_PATH_FIELDS)} {_compared(random)}"


def _compared(random: Random) -> str:
    op = random.choice(_TEXTS)
    if op == "exists":
        return op
    if op == "glob":
        return f"glob {_quoted(random.choice(_PATTERNS))}"
    texts = [random.choice(PATHS if random.random() < 0.5 else _PARTS) for _ in range(random.randint(1, 3))]
    if op in {"in", "pmatch"}:
        texts += [random.choice(_PATTERNS)] if op == "pmatch" and random.random() < 0.3 else []
        return f"{op} ({', '.join(map(_quoted, texts))})"
    if op in {"startswith", "endswith", "contains"} and random.random() < 0.15:
        return f"{op} {random.choice(('oneof', 'anyof', 'allof'))} ({', '.join(map(_quoted, texts))})"
    return f"{op} {_quoted(texts[0])}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\") + '"'


def compiled(conditions: list[str], path_matching: str = "both") -> Program:
    """The program of rules with these conditions; the pass has kept its promise."""
    rules = [
        {"rule": f"r{number}", "condition": condition, "desc": "d", "output": "o", "priority": "INFO"}
        for number, condition in enumerate(conditions)
    ]
    program = compiler.compile(load_text(json.dumps(rules)), path_matching=path_matching).program  # type: ignore[arg-type]
    assert program is not None
    pushed = pushdown.Pushed(dict(program.filters), program.path_sets, {})
    assert pushdown.holds(pushed, MAX_CLAUSES)
    return program
