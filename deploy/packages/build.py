# SPDX-License-Identifier: Apache-2.0
"""Debian and RPM packages of the wheel: ``python deploy/packages/build.py dist`` adds both to the wheel's folder.

The packages have the wheel's content in a folder of their own, and run it with the distribution's Python. The wheel's
stable ABI makes that possible for every Python from 3.11 on.
"""

from __future__ import annotations

import gzip
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import man
import yaml

HERE = Path(__file__).parent
SYSTEMD = HERE.parent / "systemd"
WORK = Path("build/packages")
PLACE = "/usr/lib/tiercel"
LAUNCHER = f"""#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "{PLACE}")
from tiercel.cli import main

sys.exit(main())
"""
OWN = (PLACE, "/etc/tiercel", "/usr/share/doc/tiercel")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
DEPENDENCIES = {
    "deb": {
        "depends": ["python3 (>= 3.11)", "python3-yaml", "libc6 (>= 2.28)"],
        "suggests": ["python3-urllib3", "python3-grpcio", "python3-kubernetes"],
    },
    "rpm": {"depends": ["python3 >= 3.11", "python3-pyyaml"], "suggests": ["python3-urllib3", "python3-grpcio"]},
}


def write(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write one file of the staging folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)


def unit() -> str:
    """Return the systemd unit with the command of the package."""
    text = (SYSTEMD / "tiercel.service").read_text()
    text = text.replace("a tiercel in a virtual environment of its own, /opt/tiercel, with its", "the sensor, with its")
    changed = text.replace("/opt/tiercel/bin/tiercel", "/usr/bin/tiercel")
    if changed == text or "/opt/" in changed:
        raise SystemExit("deploy/systemd/tiercel.service no longer has the paths that a package replaces")
    return changed


def stage(wheel: Path, root: Path) -> str:
    """Lay down the files of the package below ``root``, and return the version."""
    shutil.rmtree(root, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root / PLACE.lstrip("/"))
    (info,) = (root / PLACE.lstrip("/")).glob("tiercel-*.dist-info")
    version = info.name.removeprefix("tiercel-").removesuffix(".dist-info")
    write(root / "usr/bin/tiercel", LAUNCHER, 0o755)
    write(root / "usr/lib/systemd/system/tiercel.service", unit())
    for name, text in man.pages(version).items():
        write(root / f"usr/share/man/man1/{name}.gz", gzip.compress(text.encode(), mtime=0))
    licences = [(info / "licenses/LICENSE").read_text(), (info / "licenses/libraries/README").read_text()]
    licences.append(f"The licences of these are in {PLACE}/{info.name}/licenses.\n")
    write(root / "usr/share/doc/tiercel/copyright", "\n".join(licences))
    write(root / "usr/share/doc/tiercel/README.md", (HERE.parents[1] / "README.md").read_text())
    write(root / "etc/tiercel/tiercel.yaml", (SYSTEMD / "tiercel.yaml").read_text())
    return version


def contents(root: Path) -> list[dict[str, Any]]:
    """Return the files of nfpm's configuration, with the package's own folders: a removal removes these, too."""
    (root / "etc/tiercel/rules.d").mkdir(exist_ok=True)
    found: list[dict[str, Any]] = []
    for path in sorted(root.rglob("*")):
        target = f"/{path.relative_to(root)}"
        if path.is_dir():
            if any(target == place or target.startswith(f"{place}/") for place in OWN):
                found.append({"dst": target, "type": "dir", "file_info": {"mode": 0o755}})
            continue
        mode = 0o755 if target.startswith("/usr/bin/") else 0o644
        entry: dict[str, Any] = {"src": str(path), "dst": target, "file_info": {"mode": mode}}
        if target.startswith("/etc/"):
            entry["type"] = "config|noreplace"
        found.append(entry)
    return found


def configuration(root: Path, version: str) -> dict[str, Any]:
    """Return the configuration of nfpm."""
    scripts = {name: str(HERE / f"scripts/{name}.sh") for name in ("postinstall", "preremove", "postremove")}
    pyproject = (HERE.parents[1] / "pyproject.toml").read_text()
    (summary,) = re.findall(r'(?m)^description = "(.+)"$', pyproject)
    (metadata,) = (root / PLACE.lstrip("/")).glob("tiercel-*.dist-info/METADATA")
    (licence,) = re.findall(r"(?m)^License-Expression: (.+)$", metadata.read_text())
    return {
        "name": "tiercel",
        "arch": ARCHITECTURES[platform.machine()],
        "platform": "linux",
        "version": version,
        "release": "1",
        "section": "admin",
        "priority": "optional",
        "maintainer": "tiercel <root@localhost>",
        "description": summary,
        "license": licence,
        "contents": contents(root),
        "scripts": scripts,
        "overrides": DEPENDENCIES,
        "rpm": {"group": "System Environment/Daemons"},
    }


def main(folder: Path) -> None:
    """Make both packages of the only wheel in ``folder``."""
    (wheel,) = folder.glob("tiercel-*.whl")
    for old in (*folder.glob("tiercel*.deb"), *folder.glob("tiercel*.rpm")):
        old.unlink()
    version = stage(wheel, WORK / "root")
    config = WORK / "nfpm.yaml"
    config.write_text(yaml.safe_dump(configuration(WORK / "root", version), sort_keys=False))
    for kind in DEPENDENCIES:
        command = [str(Path(sys.executable).with_name("nfpm")), "package", "--config", str(config)]
        subprocess.run([*command, "--packager", kind, "--target", str(folder)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
