# SPDX-License-Identifier: Apache-2.0
"""Generator of files from the schema; ``--check`` only compares them.

The generated files are checked in, so that a change of the wire format shows in review.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tiercel.schema.render import captures, core, cython, docs, formats, probe, rulefile


def render(root: Path) -> dict[Path, str]:
    """Return the text of every generated file, by path below ``root``, the top of the source tree."""
    gen = root / "bpf" / "gen"
    abi = "\0".join(p.read_text() for p in sorted(gen.glob("*.h")) if not p.name.endswith(".gen.h"))
    ext = Path("ext/tiercel/_core")
    reference = Path("docs/reference")
    return {
        Path("bpf/gen/events.gen.h"): probe.render_events_header(abi),
        ext / "scap/scap.gen.h": captures.render_captures_header(),
        ext / "wire/tables.gen.h": core.render_tables_header(),
        ext / "wire/events_gen.pxd": cython.render_events_pxd((gen / "event_abi.h").read_text()),
        ext / "fields/tables_gen.pxd": cython.render_tables_pxd(),
        ext / "fields/tables_gen.pyx": cython.render_tables_pyx(),
        Path("src/tiercel/_core/fields/tables_gen.pyi"): cython.render_tables_pyi(),
        Path("src/tiercel/rules/rules.schema.json"): rulefile.render_rule_file_schema(),
        reference / "events.md": docs.events_markdown(),
        reference / "fields.md": docs.fields_markdown(),
        reference / "operators.md": docs.operators_markdown(),
        reference / "alert-formats.md": formats.formats_markdown(),
    }


def stale(root: Path) -> list[Path]:
    """Return the generated files that differ from the schema or are missing."""
    return [path for path, text in render(root).items() if not _holds(root / path, text)]


def write(root: Path) -> list[Path]:
    """Write the generated files that are stale, and return them.  Others keep their time stamp."""
    texts = render(root)
    changed = stale(root)
    for path in changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(texts[path])
    return changed


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text() == text
    except FileNotFoundError:
        return False


def main(argv: list[str] | None = None) -> int:
    """Generate or check; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tiercel.schema.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[3], help="top of the source tree")
    args = parser.parse_args(argv)
    if not (args.root / "bpf" / "gen" / "event_abi.h").is_file():
        print(f"generate: {args.root} is not a source tree of tiercel; name it with --root", file=sys.stderr)
        return 2
    if not args.check:
        for path in write(args.root):
            print(f"generate: wrote {path}")
        return 0
    outdated = stale(args.root)
    for path in outdated:
        print(f"generate: {path} does not fit the schema", file=sys.stderr)
    if outdated:
        print("generate: run `make gen` and commit the result", file=sys.stderr)
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
