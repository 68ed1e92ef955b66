# SPDX-License-Identifier: Apache-2.0
"""Import order of the modules of ``ext/`` and of the folders of ``bpf/``.

The layers of ``src/`` are import-linter's, in pyproject.toml.
"""

from __future__ import annotations

import graphlib
import re
from pathlib import Path

import pytest
from support.live import REPOSITORY

EXT = REPOSITORY / "ext/tiercel/_core"
STUBS = REPOSITORY / "src/tiercel/_core"
BPF = REPOSITORY / "bpf"

# Packages of the core from the top: a module cimports only from packages below its own, or from its own.
EXT_LAYERS = (
    ("testing", "bench"),
    ("live", "api"),
    ("alerts",),
    ("eval",),
    ("sources",),
    ("fields", "replay"),
    ("scap", "values", "probe"),
    ("state",),
    ("wire",),
    ("util",),
)
# What a file of bpf/ may include, by folder.
BPF_LAYERS = {
    ".": {"hooks", "stages", "events", "lib", "gen"},
    "hooks": {"lib", "gen"},
    "stages": {"lib", "gen"},
    "events": {"events", "lib", "gen"},
    "lib": {"lib", "gen"},
    "gen": {"gen"},
}


def depth(package: str) -> int:
    found = [depth for depth, packages in enumerate(EXT_LAYERS) if package in packages]
    assert len(found) == 1, f"{package} has no place in EXT_LAYERS"
    return found[0]


def ext_sources() -> list[Path]:
    return sorted(path for path in EXT.rglob("*.p??") if path.stem != "__init__")


def name_of(path: Path) -> str:
    return str(path.relative_to(EXT))


def test_every_module_is_in_a_package() -> None:
    assert [path.name for path in EXT.glob("*.p??") if path.stem != "__init__"] == []
    for package in {path.parent for path in ext_sources()}:
        text = (STUBS / package.name / "__init__.py").read_text()
        assert re.search(r'^""".+\n\nIt (may import|imports) .+\n"""$', text, re.MULTILINE), (
            f"{package.name}: what is it?"
        )


@pytest.mark.parametrize("path", ext_sources(), ids=name_of)
def test_ext_imports_downwards(path: Path) -> None:
    package = path.parent.name
    for other in re.findall(r"^\s*(?:from|cimport)\s+tiercel\._core\.(\w+)", path.read_text(), re.MULTILINE):
        assert other == package or depth(other) > depth(package), f"{name_of(path)} imports {other}"


def test_ext_imports_in_no_circle() -> None:
    """Inside of a package, too: the order of its modules is that of what they cimport."""
    imports = {
        name_of(path).replace("/", ".").rpartition(".")[0]: set(
            re.findall(r"^\s*(?:from|cimport)\s+tiercel\._core\.([\w.]+)", path.read_text(), re.MULTILINE)
        )
        for path in ext_sources()
        if path.suffix == ".pxd"
    }
    list(graphlib.TopologicalSorter(imports).static_order())


@pytest.mark.parametrize("path", ext_sources(), ids=name_of)
def test_ext_imports_errors_alone_from_python(path: Path) -> None:
    imported = set(re.findall(r"^\s*from\s+(tiercel[\w.]*)\s+import\b", path.read_text(), re.MULTILINE))
    assert {module for module in imported if not module.startswith("tiercel._core")} <= {"tiercel.errors"}
    assert not re.search(r"^\s*include\s", path.read_text(), re.MULTILINE), "cimport, never include"


def test_bpf_includes_downwards() -> None:
    wrong = []
    for path in sorted(BPF.rglob("*.[ch]")):
        folder = (*path.relative_to(BPF).parts[:-1], ".")[0]
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE):
            there = name.partition("/")[0] if "/" in name else folder
            if there not in BPF_LAYERS[folder]:
                wrong.append(f"{path.relative_to(BPF)} includes {name}")
    assert wrong == []
