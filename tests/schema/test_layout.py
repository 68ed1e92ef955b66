# SPDX-License-Identifier: Apache-2.0
"""The layout that Python computes is the C compiler's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.cc import run_c

from tiercel.schema import wire
from tiercel.schema.events import EVENTS
from tiercel.schema.layout import FILE_SIZE, HEADER_SIZE, layout
from tiercel.schema.render.abi import parse

FORMAT_SIZES = {"B": 1, "H": 2, "I": 4, "Q": 8}


@pytest.fixture(scope="module")
def offsets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """Offset and size of every member of every struct, as gcc sees them."""
    members = [("ev_hdr", name) for name in (*wire.HEADER, "cwd", "comm")]
    members += [("ev_file", name) for name in (*wire.FILE, *wire.FILE_ADDRESSES, "path")]
    members += [(f"ev_{event.name}", m.name) for event in EVENTS for m in layout(event).members]
    lines = [
        f'printf("{s}.{m} %zu %zu\\n", offsetof(struct {s}, {m}), sizeof(((struct {s} *)0)->{m}));' for s, m in members
    ]
    lines += [f'printf("{s}.tail %zu 0\\n", offsetof(struct {s}, tail));' for s in (f"ev_{e.name}" for e in EVENTS)]
    lines += [f'printf("{s}. 0 %zu\\n", sizeof(struct {s}));' for s in ("ev_hdr", "ev_file", "ev_ref", "ev_path")]
    includes = "#include <stddef.h>\n#include <stdio.h>\n#include <gen/events.gen.h>\n"
    source = f"{includes}int main(void)\n{{\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
    output = run_c(tmp_path_factory.mktemp("layout"), source)
    return {name: (int(offset), int(size)) for name, offset, size in map(str.split, output.splitlines())}


def test_header(offsets: dict[str, tuple[int, int]]) -> None:
    assert offsets["ev_hdr."] == (0, HEADER_SIZE)
    for name, (offset, fmt) in wire.HEADER.items():
        assert offsets[f"ev_hdr.{name}"] == (offset, FORMAT_SIZES[fmt]), name
    assert offsets["ev_hdr.cwd"] == (wire.CWD_OFFSET, 4)
    assert offsets["ev_hdr.comm"] == (wire.COMM_OFFSET, wire.COMM_LEN)


def test_file(offsets: dict[str, tuple[int, int]]) -> None:
    assert offsets["ev_file."] == (0, FILE_SIZE)
    for name, (offset, fmt) in wire.FILE.items():
        assert offsets[f"ev_file.{name}"] == (offset, FORMAT_SIZES[fmt]), name
    for name, offset in wire.FILE_ADDRESSES.items():
        assert offsets[f"ev_file.{name}"] == (offset, 16), name
    assert offsets["ev_file.path"] == (wire.FILE_PATH_OFFSET, 4)


def test_events(offsets: dict[str, tuple[int, int]]) -> None:
    for event in EVENTS:
        rows = layout(event)
        for member in rows.members:
            assert offsets[f"ev_{event.name}.{member.name}"] == (member.offset, member.size), (event.name, member.name)
        assert offsets[f"ev_{event.name}.tail"][0] == rows.tail_offset


def test_no_byte_is_hidden() -> None:
    for event in EVENTS:
        end = HEADER_SIZE
        for member in layout(event).members:
            assert member.offset == end, (event.name, member.name)
            end += member.size
        assert end == layout(event).tail_offset


def test_header_has_no_hidden_padding_either(repository: Path) -> None:
    abi = parse((repository / "bpf/gen/event_abi.h").read_text())
    sizes = {f"__{sign}{bits}": bits // 8 for sign in "su" for bits in (8, 16, 32, 64)} | {"char": 1}
    for name, members in abi.structs.items():
        sizes[f"struct {name}"] = sum(sizes[ctype] * (count or 1) for ctype, _, count in members)
    assert sizes["struct ev_hdr"] == HEADER_SIZE
    assert sizes["struct ev_file"] == FILE_SIZE


def test_constants(repository: Path) -> None:
    abi = parse((repository / "bpf/gen/event_abi.h").read_text())
    assert abi.defines["EV_MAX_LEN"] == wire.MAX_LEN
    assert abi.defines["EVF_FILE_KNOWN"] == wire.FILE_KNOWN
    for name in ("EVF_IA32", "EVF_TRUNCATED", "EVF_ARGS_TRUNCATED", "EVF_LIFECYCLE"):
        assert abi.defines[name] == getattr(wire, name)


def test_words_are_those_of_the_header(tmp_path: Path) -> None:
    enumerators = {f"EV_L4_{word.upper()}": number for word, number in wire.L4_PROTOCOLS.items()}
    enumerators |= {f"EV_ROLE_{word.upper()}": number for word, number in wire.ROLES.items()}
    asserts = "\n".join(f"_Static_assert({name} == {number}, {name!r});" for name, number in enumerators.items())
    source = f"#include <gen/event_abi.h>\n{asserts}\nint main(void) {{ return 0; }}\n".replace("'", '"')
    assert run_c(tmp_path, source) == ""


def test_header_compiles_for_bpf(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.c").write_text("#include <linux/types.h>\n#include <gen/events.gen.h>\n")
    versions = ("-19", "-20", "-21", "-18", "-17", "")
    clang = next(found for version in versions if (found := shutil.which(f"clang{version}")))
    machine = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
    flags = ["-O2", "-target", "bpf", "-mcpu=v3", "-Wall", "-Wextra", "-Werror", "-Wno-unused"]
    paths = [f"-I/usr/include/{machine}", f"-I{repository / 'bpf'}"]
    subprocess.run([clang, *flags, *paths, "-c", tmp_path / "empty.c", "-o", tmp_path / "empty.o"], check=True)
