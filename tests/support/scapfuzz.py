# SPDX-License-Identifier: Apache-2.0
"""Damaged and senseless captures without end: nothing that reads them crashes, hangs or reads out of bounds.

Each input goes through the reader, with and without conversion, and through a replay whose rules show every field.
Half of the inputs have valid values but impossible events (``scapworld``), which reach the tables of threads and
descriptors. The other half is damaged.

A long run by hand, best with the build of `make sanitize` first on PYTHONPATH and ASan's library preloaded, as the
Makefile does for its tests:

    PYTHONPATH=src:tests python -m support.scapfuzz --seconds 3600 [--seed N] [CAPTURE…]

Named captures are damaged, too. An input that fails is kept as `scapfuzz-SEED.scap` in the current directory;
inputs depend on the seed alone.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Final

from support import allfields, scapfile, scapforms, scapworld
from support.scapfile import call, section
from tiercel._core.api.capture_reader import ScapReader
from tiercel._core.api.replay import Replay
from tiercel._core.eval.program_build import RuleProgram
from tiercel.errors import CaptureError
from tiercel.schema.events import EVENTS
from tiercel.schema.old_events import CODES, OLD_EVENTS
from tiercel.schema.types import ValueType

SLOW_SECONDS: Final = 20
"""CPU time limit of one input, also under sanitizers."""

_NUMBERS: Final = (0, 1, 2, 3, 4, 7, 8, 11, 12, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000)
_NUMBERS_32: Final = (*_NUMBERS, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF, 0x0A0D0D0A, 0x216, 0x222)


def _value(vtype: ValueType, rng: random.Random) -> bytes:
    if vtype.is_ref or vtype.is_path:
        return rng.choice([b"", b"/etc/x\0", b"\2\x7f\0\0\1\x50\0", b"(NULL)\0", rng.randbytes(rng.randrange(60))])
    return rng.choice([b"", bytes(vtype.size), rng.randbytes(vtype.size), b"\xff" * vtype.size])


def _events(rng: random.Random) -> list[bytes]:
    """Events of all codes, old and new, with random values."""
    types = {event.code: [param.type for param in event.params] for event in EVENTS if event.code < CODES}
    types |= {event.code: list(event.types) for event in OLD_EVENTS}
    events = []
    for code in rng.sample(sorted(types), 60):
        values = [_value(vtype, rng) for vtype in types[code]]
        large = code in (322, 324, 402)
        events.append(
            scapforms.event(
                code,
                values[: rng.choice([len(values), rng.randrange(len(values) + 1)])],
                version=rng.choice([1, 2]),
                flags=rng.choice([None, 0, 1]),
                wide=large,
                tid=rng.choice([1, 100, 7001, -1]),
            )
        )
    return events


def whole(rng: random.Random) -> list[bytes]:
    """The blocks of a capture with all kinds of tables, and old and new events."""
    fd_version, thread_version = rng.choice([1, 2]), rng.randrange(1, 10)
    name = scapfile.str16("/some/name")
    return [
        section(),
        scapfile.machine(),
        scapforms.interfaces(fd_version, *(scapforms.interface_entry(fd_version, kind, "if") for kind in (1, 2, 3, 4))),
        scapforms.users(fd_version, scapforms.user_entry(0, 0, "root"), scapforms.group_entry(0, "root")),
        scapforms.threads(thread_version, *[scapforms.thread_entry(thread_version)] * 3),
        scapfile.threads({"tid": 1}, {"tid": 100, "comm": "bash"}),
        scapforms.fds(
            fd_version,
            100,
            scapforms.fd_entry(fd_version, 3, 1, name),
            scapforms.fd_entry(fd_version, 4, 3, bytes(13)),
            scapforms.fd_entry(fd_version, 5, 4, bytes(37)),
            scapforms.fd_entry(fd_version, 6, 8, bytes(16) + name),
            scapforms.fd_entry(fd_version, 7, 16, bytes(4) + name + bytes(4 * (fd_version - 1))),
        ),
        call("close", 0, 3),
        *_events(rng),
    ]


# --- Damage ---------------------------------------------------------------------------------------------------------


def _flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _number(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 4)):
        size, choices = rng.choice([(2, _NUMBERS), (4, _NUMBERS_32)])
        at = rng.randrange(max(1, len(data) - size)) & ~1
        data[at : at + size] = (rng.choice(choices) % (1 << 8 * size)).to_bytes(size, "little")


def _near(data: bytearray, rng: random.Random) -> None:
    """Return a number slightly off, as lengths are."""
    at = rng.randrange(max(1, len(data) - 4)) & ~1
    number = int.from_bytes(data[at : at + 2], "little") + rng.randrange(-5, 6)
    data[at : at + 2] = (number % (1 << 16)).to_bytes(2, "little")


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice([1, 2, 4, rng.randrange(1, 200)])]


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice([1, 2, 4, rng.randrange(1, 200)]))


def _repeat(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randrange(1, 400)]


DAMAGES: Final[Sequence[Callable[[bytearray, random.Random], None]]] = (
    *(_flip, _number, _number, _near, _near, _cut, _remove, _insert, _repeat),
)


def damaged(blocks: Sequence[bytes], rng: random.Random) -> bytes:
    """The blocks in a wrong order, or with wrong bytes, or both; sometimes compressed, then damaged."""
    order = list(blocks)
    if rng.random() < 0.3:
        for _ in range(rng.randrange(1, 4)):
            order.insert(rng.randrange(len(order) + 1), order[rng.randrange(len(order))])
    if rng.random() < 0.2:
        del order[rng.randrange(len(order))]
    data = bytearray(b"".join(order))
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        if data:
            rng.choice(DAMAGES)(data, rng)
    if rng.random() < 0.15:
        data = bytearray(gzip.compress(bytes(data), 1))
        if rng.random() < 0.5:
            rng.choice(DAMAGES)(data, rng)
    return bytes(data)


def drain(data: bytes, file: IO[bytes]) -> int:
    """Read everything in both ways, and replay it; return the number of items.  ``file`` is scratch."""
    found = offset = 0
    longest = 1100 * len(data) + 100  # gzip expands a byte to at most 1032
    for convert in (False, True):
        file.seek(0)
        file.truncate()
        file.write(data)
        file.seek(0)
        reader = ScapReader(file.fileno(), "fuzz", convert=convert)
        try:
            while (item := reader.read()) is not None:
                found += 1
                if item[0] == "event" and convert:
                    reader.values()
        except CaptureError as error:
            offset = error.offset
        assert offset <= longest
        assert found <= 2 * longest
        reader.stats()
    replay(file)
    return found


def replay(file: IO[bytes]) -> int:
    """Evaluate the rules of ``allfields`` on the capture; return the number of alerts."""
    file.seek(0)
    capture = Replay(_program(), file.fileno(), "fuzz", path_matching="requested", rule_matching="all")
    alerts = 0
    while not capture.done:
        alerts += len(capture.read())
    return alerts


@cache
def _program() -> RuleProgram:
    compiled = allfields.rules().compile("requested")
    assert compiled.program is not None
    return RuleProgram(compiled.program)


def split(data: bytes) -> list[bytes]:
    """A real capture as its blocks."""
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    blocks, at = [], 0
    while at + 8 <= len(plain):
        length = int.from_bytes(plain[at + 4 : at + 8], "little")
        blocks.append(plain[at : at + length])
        at += length
    return blocks


def made(rng: random.Random, real: Sequence[Sequence[bytes]] = ()) -> bytes:
    """An input of any kind; ``real`` are blocks of captures to damage."""
    if rng.random() < 0.5:
        return b"".join(scapworld.World(rng).blocks(rng.choice([30, 300, 300, 2000])))
    if rng.random() < 0.3:
        return damaged(scapworld.World(rng).blocks(60), rng)
    return damaged(rng.choice(real) if real and rng.random() < 0.5 else whole(rng), rng)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until the time is over or something fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="where to begin")
    parser.add_argument("captures", nargs="*", type=Path)
    args = parser.parse_args(argv)
    real = [split(path.read_bytes()) for path in args.captures]
    until = time.monotonic() + args.seconds
    runs = found = 0
    with tempfile.TemporaryFile() as file:
        for seed in itertools.count(args.seed):
            if time.monotonic() > until:
                break
            rng = random.Random(seed)
            data = made(rng, real)
            # Written before it is read: a crash leaves the file.
            kept = Path(f"scapfuzz-{seed}.scap")
            kept.write_bytes(data)
            began = time.process_time()
            found += drain(data, file)
            took = time.process_time() - began
            if took > SLOW_SECONDS:
                print(f"{kept}: took {took:.1f} s", file=sys.stderr)
                return 1
            kept.unlink()
            runs += 1
    print(f"{runs} captures, {found} events and entries; next seed {args.seed + runs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
