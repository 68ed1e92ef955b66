# SPDX-License-Identifier: Apache-2.0
"""Each module has a test module of its name, in the same package below `tests/`.

`pytest tests/repo/test_mirror.py --update-golden` rewrites the list of modules without one; the list may only shrink.
"""

from __future__ import annotations

import json
from pathlib import PurePath

import pytest
from support.live import REPOSITORY
from support.sourcetree import files, generated

UNTESTED = REPOSITORY / "tests/repo/untested.json"
# Folders of modules, and the folders of their tests.
TREES = {"ext/tiercel/_core": "tests/core", "src/tiercel": "tests"}


def modules() -> list[PurePath]:
    """Return the hand-written modules, `ext/…/<package>/<module>.pyx` and `src/…/<package>/<module>.py`."""
    return [
        path.relative_to(REPOSITORY)
        for path in files()
        if path.suffix in {".py", ".pyx"}
        and any(path.is_relative_to(REPOSITORY / tree) for tree in TREES)
        and not path.is_relative_to(REPOSITORY / "src/tiercel/_core")
        and not path.stem.startswith("__")
        and not generated(path)
    ]


def has_test(module: PurePath) -> bool:
    """Return whether `test_<module>.py` or `test_<module>_<aspect>.py` exists in the mirrored package."""
    (tree,) = [tree for tree in TREES if module.is_relative_to(tree)]
    folder = REPOSITORY / TREES[tree] / module.relative_to(tree).parent
    name = f"test_{module.stem.lstrip('_')}"
    return (folder / f"{name}.py").exists() or any(folder.glob(f"{name}_*.py"))


def test_modules_without_a_test_become_fewer(request: pytest.FixtureRequest) -> None:
    now = [str(module) for module in modules() if not has_test(module)]
    if request.config.getoption("--update-golden"):
        UNTESTED.write_text(json.dumps(now, indent=2) + "\n")
        return
    listed = json.loads(UNTESTED.read_text())
    new = sorted(set(now) - set(listed))
    gone = sorted(set(listed) - set(now))
    table = f"the list of now:\n{json.dumps(now, indent=2)}"
    assert not new, f"no test module of their name: {', '.join(new)}\n{table}"
    assert not gone, f"tested or removed, take them off the list (--update-golden): {', '.join(gone)}\n{table}"
