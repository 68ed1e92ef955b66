# SPDX-License-Identifier: Apache-2.0
"""Every skip goes through the gate of ``support.live``, which turns it into a failure in CI."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from support.live import REPOSITORY, gate

TESTS = REPOSITORY / "tests"
NAMES = frozenset(
    {"skip", "skipif", "skipIf", "skipUnless", "skipTest", "SkipTest", "Skipped", "importorskip", "xfail"}
)
MAY = frozenset({"support/live.py", "repo/test_skips.py"})


def skips(source: str) -> Iterator[int]:
    """Yield the lines that skip a test, or import what does."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) if name in NAMES:
                yield node.lineno
            case ast.ImportFrom(names=names) if NAMES.intersection(one.name for one in names):
                yield node.lineno


def test_every_skip_goes_through_the_gate() -> None:
    files = {path.relative_to(TESTS).as_posix(): path for path in TESTS.rglob("*.py")}
    found = [f"{name}:{line}" for name, path in files.items() if name not in MAY for line in skips(path.read_text())]
    assert found == [], "use support.live.gate"
    assert files.keys() >= MAY
    assert list(skips(files["support/live.py"].read_text())), "the gate itself skips"


@pytest.mark.parametrize(
    "source",
    [
        "pytest.skip('no root')",
        "pytestmark = pytest.mark.skip",
        "@pytest.mark.skipif(True, reason='')\ndef test(): pass",
        "yaml = pytest.importorskip('yaml')",
        "from pytest import skip as leave",
        "raise unittest.SkipTest",
        "@pytest.mark.xfail\ndef test(): pass",
    ],
)
def test_ways_to_skip_are_found(source: str) -> None:
    assert len(list(skips(source))) == 1


def test_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("TIERCEL_KERNEL_TESTS", "TIERCEL_REQUIRE_SHARED"):
        gate(None, variable)
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(pytest.skip.Exception, match="no such thing"):
            gate("no such thing", variable)
        monkeypatch.setenv(variable, "1")
        gate(None, variable)
        with pytest.raises(pytest.fail.Exception, match=f"{variable}=1, but no such thing"):
            gate("no such thing", variable)
