# SPDX-License-Identifier: Apache-2.0
"""Who may import whom below Python: the modules of ``ext/`` and the folders of ``bpf/``.

The layers of ``src/`` are import-linter's, in pyproject.toml.
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
from support.live import REPOSITORY

EXT = REPOSITORY / "ext/tiercel/_core"
BPF = REPOSITORY / "bpf"

# From the top: a module cimports only from lines below its own, or from its own line.
EXT_LAYERS = (
    ("_testing", "tasks_door"),
    ("pump", "evaluator", "replay", "scap_reader"),
    ("drain", "batches"),
    ("queue", "batch", "pending", "recorder", "hold", "telling", "verdicts"),
    ("record",),
    ("capture", "given", "scap_values"),
    ("program", "probe", "prefilter"),
    ("ringset", "plan", "decide", "programs", "hierarchies"),
    ("checks",),
    ("slots",),
    ("tables_gen",),
    ("fields_*", "operators", "operands", "transforms"),
    ("captured", "params", "descriptors", "remains", "files", "sockets", "valueset", "patterns", "index*", "search"),
    ("value", "threads", "scap_record", "described"),
    ("tasks", "task_*", "fd_*"),
    ("scap_write",),
    ("fds", "lifecycle", "procs", "images", "cgroups", "container_table", "containers", "meta", "runtimes"),
    ("paths", "times", "text"),
    ("converter", "scap_errors", "scap_params"),
    ("scap", "scap_tables"),
    ("filter_bank", "sealing"),
    ("bpf_object", "loader", "seeding", "ring", "scap_stream", "dns"),
    ("view",),
    (
        "blocks",
        "clocks",
        "errnos",
        "events_gen",
        "filter_abi",
        "intmap",
        "libbpf",
        "linux",
        "loads",
        "probe_abi",
        "regex",
    ),
    ("workload",),
)
# What a file of bpf/ may include, by folder.
BPF_LAYERS = {
    ".": {"attach", "events", "lib", "gen"},
    "attach": {"attach", "lib", "gen"},
    "events": {"events", "lib", "gen"},
    "lib": {"lib", "gen"},
    "gen": {"gen"},
}


def layer(module: str) -> int:
    found = [depth for depth, names in enumerate(EXT_LAYERS) if any(fnmatch.fnmatch(module, name) for name in names)]
    assert len(found) == 1, f"{module} has no place in EXT_LAYERS"
    return found[0]


def ext_sources() -> list[Path]:
    return sorted(path for path in EXT.glob("*.p??") if path.stem != "__init__")


@pytest.mark.parametrize("path", ext_sources(), ids=lambda path: path.name)
def test_ext_imports_downwards(path: Path) -> None:
    text = path.read_text()
    for module in re.findall(r"^\s*(?:from|cimport)\s+tiercel\._core\.(\w+)", text, re.MULTILINE):
        assert layer(module) >= layer(path.stem), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", ext_sources(), ids=lambda path: path.name)
def test_ext_imports_errors_alone_from_python(path: Path) -> None:
    imported = set(re.findall(r"^\s*from\s+(tiercel[\w.]*)\s+import\b", path.read_text(), re.MULTILINE))
    assert {module for module in imported if not module.startswith("tiercel._core")} <= {"tiercel.errors"}
    assert not re.search(r"^\s*include\s", path.read_text(), re.MULTILINE), "cimport, never include"


def test_bpf_includes_downwards() -> None:
    wrong = []
    for path in sorted(BPF.rglob("*.[ch]")):
        folder = path.parent.relative_to(BPF)
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE):
            there = name.partition("/")[0] if "/" in name else str(folder)
            if there not in BPF_LAYERS[str(folder)]:
                wrong.append(f"{path.relative_to(BPF)} includes {name}")
    assert wrong == []
