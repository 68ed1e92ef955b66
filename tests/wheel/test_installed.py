# SPDX-License-Identifier: Apache-2.0
"""The built wheel on each CPython of this machine, without a compiler, a header or one of the libraries it carries.

Run by ``make wheel-check``. The hiding is done in a mount namespace of the test's own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.live import REPOSITORY
from support.namespaces import PRIVATE
from support.pythons import pythons

pytestmark = pytest.mark.kernel

# What a machine that only has Python would not have.
HIDDEN_DIRECTORIES = ("/usr/include", "/usr/lib/llvm-*", "/usr/lib/gcc", "/usr/libexec/gcc")
HIDDEN_FILES = (
    *("/usr/lib/*/libbpf.*", "/usr/lib/*/libelf*", "/lib/*/libbpf.*", "/lib/*/libelf*"),
    *("/usr/lib/*/libre2.*", "/usr/lib/*/libabsl_*", "/usr/bin/*g++*", "/usr/bin/c++"),
    *("/usr/bin/*gcc*", "/usr/bin/cc", "/usr/bin/clang*", "/usr/bin/llvm-strip*", "/usr/bin/*-ld*", "/usr/bin/as"),
)


@pytest.fixture(scope="module", params=pythons(), ids=lambda found: found.version)
def root(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a virtual environment that has the wheel and PyYAML, one for each CPython of this machine."""
    place: Path = tmp_path_factory.mktemp("empty")
    subprocess.run([request.param.path, "-m", "venv", "--without-pip", place], check=True)
    install = [sys.executable, "-m", "pip", "--python", place / "bin/python", "install", "-q", "--no-cache-dir"]
    subprocess.run([*install, "--disable-pip-version-check", "--only-binary=:all:", wheel], check=True)
    return place


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


def test_expected_pythons_are_here() -> None:
    """CI names the versions of CPython that it wants to see tried."""
    expected = set(os.environ.get("TIERCEL_EXPECT_PYTHONS", "").split())
    assert expected <= {found.version for found in pythons()}


def test_every_module_is_imported(root: Path, tmp_path: Path) -> None:
    script = (
        "import importlib, pathlib, tiercel._core\n"
        "top = pathlib.Path(tiercel._core.__file__).parent\n"
        "found = [path.relative_to(top) for path in top.rglob('*.abi3.so')]\n"
        "for path in found:\n"
        "    importlib.import_module('.'.join(['tiercel._core', *path.parent.parts, path.name.partition('.')[0]]))\n"
        "print(len(found))\n"
    )
    done = bare(root, "python", "-W", "error", "-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


def test_first_example_of_the_readme(root: Path, tmp_path: Path) -> None:
    """It watches this test's processes only."""
    found = re.search(r"^```python\n(.*?)^```$", (REPOSITORY / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    example = found.group(1)
    reader = "subprocess.Popen(['sh', '-c', 'while sleep 0.1; do cat /etc/shadow >/dev/null; done'])"
    for before, after in (
        ("Sensor(rules,", "Sensor(rules, scope=tiercel.Scope.tree(os.getpid()),"),
        ("sensor.run(duration=60)", f"reader = {reader}; sensor.run(duration=3); reader.kill(); reader.wait()"),
    ):
        assert example.count(before) == 1
        example = example.replace(before, after)
    (tmp_path / "example.py").write_text("import os, subprocess\n" + example)
    done = bare(root, "python", "example.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cat /etc/shadow opened /etc/shadow (asked for /etc/shadow)" in done.stdout
    assert "Stats(" in done.stdout


def test_doctor(root: Path, tmp_path: Path) -> None:
    done = bare(root, "tiercel", "doctor", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["can_run"] is True
    assert {check["name"]: check["status"] for check in report["checks"]}["packaged rules"] == "ok"


def test_run_for_a_second(root: Path, tmp_path: Path) -> None:
    done = bare(root, "tiercel", "run", "--duration", "1", "--pid", str(os.getpid()), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiercel: watching (" in done.stderr


def test_bench(root: Path, tmp_path: Path) -> None:
    """Its loads need no compiler; a capture is recorded, so that none has to be there."""
    args = ("live", "replay", "--rounds", "1", "--json")
    done = bare(root, "tiercel", "bench", *args, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {figure["part"] for figure in json.loads(done.stdout)["figures"]} == {"live", "replay"}


def test_run_sees_an_event(root: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "- rule: Hosts read\n  desc: d\n"
        "  condition: evt.type in (open, openat, openat2) and fd.name regex '/[a-z]+/hosts'\n"
        "  output: read by %proc.name\n  priority: NOTICE\n"
    )
    done = bare(root, "tiercel", "run", "-r", "rules.yaml", "--json", "--", "cat", "/etc/hosts", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    alerts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [alert["rule"] for alert in alerts] == ["Hosts read"]
    assert "cat" in alerts[0]["output"]
