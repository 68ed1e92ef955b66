# SPDX-License-Identifier: Apache-2.0
"""The generator: what is checked in is what it writes, and it says so when that is not true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tiercel.schema import generate


@pytest.fixture
def tree(repository: Path, tmp_path: Path) -> Path:
    """A source tree with hand-written headers only."""
    gen = tmp_path / "bpf/gen"
    gen.mkdir(parents=True)
    for header in (repository / "bpf/gen").glob("*.h"):
        if not header.name.endswith(".gen.h"):
            shutil.copy(header, gen)
    return tmp_path


def test_generated_files_are_current(repository: Path) -> None:
    assert generate.stale(repository) == []


def test_writes_everything_once(tree: Path) -> None:
    written = generate.write(tree)
    assert sorted(written) == sorted(generate.render(tree))
    times = {path: (tree / path).stat().st_mtime_ns for path in written}
    assert generate.write(tree) == []
    assert times == {path: (tree / path).stat().st_mtime_ns for path in written}


def test_check_lists_what_is_stale(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate.write(tree)
    assert generate.main(["--check", "--root", str(tree)]) == 0
    (tree / "bpf/gen/events.gen.h").write_text("old")
    (tree / "docs/reference/fields.md").unlink()
    assert generate.main(["--check", "--root", str(tree)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "bpf/gen/events.gen.h does not fit" in captured.err
    assert "docs/reference/fields.md does not fit" in captured.err
    assert "tables.gen.h" not in captured.err
    assert "make gen" in captured.err
    assert (tree / "bpf/gen/events.gen.h").read_text() == "old"


def test_main_writes(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--root", str(tree)]) == 0
    assert "generate: wrote bpf/gen/events.gen.h" in capsys.readouterr().out
    assert generate.stale(tree) == []


def test_refuses_what_is_no_source_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--root", str(tmp_path)]) == 2
    assert "--root" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_hash_covers_the_hand_written_header(tree: Path) -> None:
    def schema_hash() -> str:
        header = generate.render(tree)[Path("bpf/gen/events.gen.h")]
        found = re.search(r"TIERCEL_SCHEMA_HASH (0x[0-9a-f]{16})ULL", header)
        assert found
        return found[1]

    before = schema_hash()
    assert before == schema_hash()
    header = tree / "bpf/gen/event_abi.h"
    header.write_text(header.read_text().replace("__u32 mnt_ns;", "__u64 mnt_ns;"))
    assert schema_hash() != before


def test_output_has_no_trailing_blanks(tree: Path) -> None:
    for path, text in generate.render(tree).items():
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
