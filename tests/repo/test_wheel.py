# SPDX-License-Identifier: Apache-2.0
"""The built wheel, installed where there is no compiler, no header and none of the libraries it carries.

Run by ``make wheel-check``. The hiding is done in a mount namespace of the test's own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.namespaces import PRIVATE

pytestmark = pytest.mark.kernel

# What a machine that only has Python would not have.
HIDDEN_DIRECTORIES = ("/usr/include", "/usr/lib/llvm-*", "/usr/lib/gcc", "/usr/libexec/gcc")
HIDDEN_FILES = (
    *("/usr/lib/*/libbpf.*", "/usr/lib/*/libelf*", "/lib/*/libbpf.*", "/lib/*/libelf*"),
    *("/usr/lib/*/libre2.*", "/usr/lib/*/libabsl_*", "/usr/bin/*g++*", "/usr/bin/c++"),
    *("/usr/bin/*gcc*", "/usr/bin/cc", "/usr/bin/clang*", "/usr/bin/llvm-strip*", "/usr/bin/*-ld*", "/usr/bin/as"),
)


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest) -> Path:
    path: Path = request.config.getoption("--wheel")
    return path.resolve()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of an empty virtual environment with the wheel in it."""
    root = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", root], check=True)
    subprocess.run([root / "bin/pip", "install", "-q", "--only-binary=:all:", wheel], check=True)
    return root


def bare(root: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment at ``root`` with the build tools and libraries hidden."""
    hide = [f"for d in {glob}; do if [ -d $d ]; then mount -t tmpfs none $d; fi; done" for glob in HIDDEN_DIRECTORIES]
    hide += [f"for f in {glob}; do if [ -f $f ]; then mount --bind /dev/null $f; fi; done" for glob in HIDDEN_FILES]
    script = "\n".join(["set -e", *hide, "! cc --version 2>/dev/null", f"exec {shlex.join(command)}"])
    environment = {"PATH": f"{root}/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(
        [*PRIVATE, "bash", "-c", script],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert re.search(r"-manylinux_\d+_\d+_\w+\.whl$", wheel.name)
    assert "tiercel/py.typed" in names
    assert "tiercel/_core/probe.bpf.o" in names
    assert any(re.fullmatch(r"tiercel/_rules/.+\.yaml", name) for name in names)
    for library in ("libbpf", "libelf", "libre2", "libabsl_strings"):
        assert any(re.fullmatch(rf"tiercel\.libs/{library}\b.*", name) for name in names), library
    core = [Path(name) for name in names if name.startswith("tiercel/_core/")]
    extensions = {path.parent / path.name.partition(".")[0] for path in core if path.suffix == ".so"}
    stubs = {path.with_suffix("") for path in core if path.suffix == ".pyi"}
    assert {Path("tiercel/_core") / name for name in ("probe/probe", "live/pump", "eval/program")} <= extensions
    assert stubs
    assert stubs <= extensions
    assert not [name for name in names if name.endswith((".pyx", ".pxd", ".c"))]
    assert not [name for name in names if name.startswith("tests/")]


def test_doctor(installed: Path, tmp_path: Path) -> None:
    done = bare(installed, "tiercel", "doctor", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["can_run"] is True
    assert {check["name"]: check["status"] for check in report["checks"]}["packaged rules"] == "ok"


def test_run_for_a_second(installed: Path, tmp_path: Path) -> None:
    done = bare(installed, "tiercel", "run", "--duration", "1", "--pid", str(os.getpid()), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiercel: watching (" in done.stderr


def test_bench(installed: Path, tmp_path: Path) -> None:
    """Its loads need no compiler; a capture is recorded, so that none has to be there."""
    args = ("live", "replay", "--rounds", "1", "--json")
    done = bare(installed, "tiercel", "bench", *args, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {figure["part"] for figure in json.loads(done.stdout)["figures"]} == {"live", "replay"}


def test_run_sees_an_event(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "- rule: Hosts read\n  desc: d\n"
        "  condition: evt.type in (open, openat, openat2) and fd.name regex '/[a-z]+/hosts'\n"
        "  output: read by %proc.name\n  priority: NOTICE\n"
    )
    done = bare(installed, "tiercel", "run", "-r", "rules.yaml", "--json", "--", "cat", "/etc/hosts", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    alerts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [alert["rule"] for alert in alerts] == ["Hosts read"]
    assert "cat" in alerts[0]["output"]
