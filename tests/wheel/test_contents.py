# SPDX-License-Identifier: Apache-2.0
"""Contents of the wheel, and the C library and CPython that it needs; all read from the file alone."""

from __future__ import annotations

import base64
import email
import hashlib
import io
import platform
import re
import tomllib
import zipfile
from email.message import Message
from pathlib import Path, PurePath

import pytest
from abi3info import DATAS, FUNCTIONS
from abi3info.models import PyVersion, Symbol
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from support.live import REPOSITORY

GLIBC = (2, 28)
PYTHON = PyVersion(3, 11)
# Parts of glibc itself.
SYSTEM = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2"}
# C++ wants one operator new and delete in a process, so that they are never hidden.
OPERATOR_NEW = re.compile(r"_Z(nw|na|dl|da)")
LIBRARIES = ("libbpf", "elfutils", "zlib", "re2", "abseil", "libcxx", "libunwind", "zig")


@pytest.fixture
def metadata(contents: zipfile.ZipFile) -> Message:
    (name,) = (name for name in contents.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_string(contents.read(name).decode())


def extensions(contents: zipfile.ZipFile) -> dict[str, ELFFile]:
    names = (name for name in contents.namelist() if PurePath(name).suffix == ".so")
    return {name: ELFFile(io.BytesIO(contents.read(name))) for name in names}


def test_one_wheel_for_every_python_and_c_library(wheel: Path, contents: zipfile.ZipFile) -> None:
    assert wheel.name.endswith("-cp311-abi3-manylinux_{}_{}_{}.whl".format(*GLIBC, platform.machine()))
    found = extensions(contents)
    assert len(found) > 50
    assert all(name.endswith(".abi3.so") for name in found)
    (tags,) = (contents.read(name).decode() for name in contents.namelist() if name.endswith(".dist-info/WHEEL"))
    assert "Tag: " + wheel.stem.partition("-")[2].partition("-")[2] in tags
    assert "Root-Is-Purelib: false" in tags


def test_c_library_that_it_needs(contents: zipfile.ZipFile) -> None:
    newest = (0, 0)
    for name, elf in extensions(contents).items():
        needed = {tag.needed for tag in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")}
        assert needed <= SYSTEM, name
        assert not list(elf.get_section_by_name(".dynamic").iter_tags("DT_RUNPATH")), name
        section = elf.get_section_by_name(".gnu.version_r")  # missing where a module calls Python alone
        for _, versions in section.iter_versions() if section else ():
            for version in versions:
                number = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", version.name)
                assert number, f"{name}: {version.name}"
                assert (int(number[1]), int(number[2])) <= GLIBC, f"{name}: {version.name}"
                newest = max(newest, (int(number[1]), int(number[2])))
    assert newest > (2, 0)


def test_symbols_of_python_are_of_the_stable_abi(contents: zipfile.ZipFile) -> None:
    used = set()
    for name, elf in extensions(contents).items():
        table = elf.get_section_by_name(".dynsym")
        assert isinstance(table, SymbolTableSection)
        for entry in table.iter_symbols():
            if entry["st_shndx"] == "SHN_UNDEF" and re.match(r"_?Py", entry.name):
                symbol = Symbol(entry.name)
                known = FUNCTIONS.get(symbol) or DATAS.get(symbol)
                assert known, f"{name}: {entry.name} is not of the stable ABI"
                assert known.added <= PYTHON, f"{name}: {entry.name} is of {known.added}"
                used.add(entry.name)
    assert {"PyModuleDef_Init", "PyObject_GetBuffer"} <= used


def test_exports_its_initialisation_alone(contents: zipfile.ZipFile) -> None:
    """A second library with the same names in the process, such as another libbpf, finds none of ours."""
    for name, elf in extensions(contents).items():
        table = elf.get_section_by_name(".dynsym")
        assert isinstance(table, SymbolTableSection)
        defined = {
            entry.name
            for entry in table.iter_symbols()
            if entry["st_shndx"] != "SHN_UNDEF" and entry["st_info"]["bind"] != "STB_LOCAL"
            if not OPERATOR_NEW.match(entry.name)
        }
        assert defined == {f"PyInit_{PurePath(name).name.partition('.')[0]}"}, name


def test_files(contents: zipfile.ZipFile) -> None:
    names = contents.namelist()
    assert {"tiercel/py.typed", "tiercel/_core/probe.bpf.o", "tiercel/rules/rules.schema.json"} <= set(names)
    folder = REPOSITORY / "rules"
    rules = {f"tiercel/_rules/{path.relative_to(folder)}" for path in folder.rglob("*.yaml")}
    assert rules <= set(names)
    sources = {str(path.relative_to(REPOSITORY / "src")) for path in (REPOSITORY / "src/tiercel").rglob("*.py")}
    assert sources - set(names) == {"tiercel/_core/testing/__init__.py"}
    core = [PurePath(name) for name in names if name.startswith("tiercel/_core/")]
    built = {path.parent / path.name.partition(".")[0] for path in core if path.suffix == ".so"}
    stubs = {path.with_suffix("") for path in core if path.suffix == ".pyi"}
    assert stubs
    assert stubs <= built
    assert PurePath("tiercel/_core/bench/workload") in built
    assert not [name for name in names if name.startswith(("tiercel/_core/testing", "tests/"))]
    assert not [name for name in names if name.endswith((".pyx", ".pxd", ".c", ".h", ".pyc"))]


def test_record(contents: zipfile.ZipFile) -> None:
    (name,) = (name for name in contents.namelist() if name.endswith(".dist-info/RECORD"))
    lines = dict(line.split(",", 1) for line in contents.read(name).decode().splitlines())
    assert lines.pop(name) == ","
    assert lines.keys() == set(contents.namelist()) - {name}
    for path, line in lines.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(contents.read(path)).digest()).rstrip(b"=").decode()
        assert line == f"sha256={digest},{contents.getinfo(path).file_size}", path


def test_licences(contents: zipfile.ZipFile, metadata: Message) -> None:
    """Each licence file that the metadata lists is there, one at least for each library, and nothing else is."""
    (info,) = {name.partition("/")[0] for name in contents.namelist() if ".dist-info/" in name}
    listed = [f"{info}/licenses/{name}" for name in metadata.get_all("License-File", [])]
    there = [name for name in contents.namelist() if name.startswith(f"{info}/licenses/")]
    assert sorted(listed) == sorted(there)
    for library in LIBRARIES:
        texts = [name for name in there if name.startswith(f"{info}/licenses/libraries/{library}/")]
        assert texts, library
        assert max(len(contents.read(name)) for name in texts) > 500, library
    expression = metadata["License-Expression"]
    for licence in ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "LGPL-3.0-or-later", "Zlib", "MIT", "LLVM-exception"):
        assert licence in expression
    readme = contents.read(f"{info}/licenses/libraries/README").decode()
    assert re.search(r"^libbpf \d[\d.]+: .*\(source: libbpf_", readme, re.MULTILINE)


def test_metadata(metadata: Message) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert metadata["Name"] == "tiercel"
    assert metadata["Version"] == project["version"]
    assert metadata["Requires-Python"] == project["requires-python"] == f">={PYTHON.major}.{PYTHON.minor}"
    minors = re.findall(r"Python :: 3\.(\d+)$", "\n".join(metadata.get_all("Classifier", [])), re.MULTILINE)
    assert int(minors[0]) == PYTHON.minor
    assert [int(minor) for minor in minors] == list(range(PYTHON.minor, PYTHON.minor + len(minors)))
    assert metadata["Summary"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "# tiercel" in str(metadata.get_payload())
    assert set(metadata.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
