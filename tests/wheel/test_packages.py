# SPDX-License-Identifier: Apache-2.0
"""The Debian and RPM packages of the wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.live import REPOSITORY

PLACE = "./usr/lib/tiercel"


@pytest.fixture(scope="module")
def packages(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("packages")
    shutil.copy(wheel, folder)
    subprocess.run([sys.executable, "deploy/packages/build.py", folder], cwd=REPOSITORY, check=True)
    return folder


@pytest.fixture(scope="module")
def deb(packages: Path) -> Path:
    (path,) = packages.glob("tiercel_*_*.deb")
    return path


def lines(*command: object) -> list[str]:
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True
    ).stdout.splitlines()


def test_deb_has_the_wheel_and_what_a_service_needs(deb: Path, wheel: Path) -> None:
    there = {line.split(maxsplit=5)[5].removesuffix("/") for line in lines("dpkg-deb", "-c", deb)}
    with zipfile.ZipFile(wheel) as archive:
        assert {f"{PLACE}/{name}" for name in archive.namelist()} <= there
    assert {"./usr/bin/tiercel", "./usr/lib/systemd/system/tiercel.service", "./etc/tiercel/rules.d"} <= there
    assert {"./usr/share/man/man1/tiercel.1.gz", "./usr/share/doc/tiercel/copyright"} <= there
    assert lines("dpkg-deb", "-I", deb, "conffiles") == ["/etc/tiercel/tiercel.yaml"]


def test_deb_depends_on_python_alone(deb: Path) -> None:
    assert lines("dpkg-deb", "-f", deb, "Depends") == ["python3 (>= 3.11), python3-yaml, libc6 (>= 2.28)"]


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_scripts_of_maintainers_are_shell(deb: Path, script: str, tmp_path: Path) -> None:
    path = tmp_path / script
    path.write_text("\n".join(lines("dpkg-deb", "-I", deb, script)) + "\n")
    subprocess.run(["sh", "-n", path], check=True)
    assert "set -e" in path.read_text()


def test_unit_starts_the_command_of_the_package(deb: Path, tmp_path: Path) -> None:
    lines("dpkg-deb", "-x", deb, tmp_path)
    unit = tmp_path / "usr/lib/systemd/system/tiercel.service"
    assert "\nExecStart=/usr/bin/tiercel run -c /etc/tiercel/tiercel.yaml\n" in unit.read_text()
    copy = tmp_path / "tiercel.service"
    copy.write_text(unit.read_text().replace("/usr/bin/tiercel", f"{tmp_path}/usr/bin/tiercel"))
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_rpm_is_one(packages: Path) -> None:
    (path,) = packages.glob("tiercel-*.x86_64.rpm")
    assert path.read_bytes()[:4] == b"\xed\xab\xee\xdb"
    assert path.stat().st_size > 1_000_000
