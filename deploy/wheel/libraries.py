# SPDX-License-Identifier: Apache-2.0
"""Static libraries for the wheel, from the distribution's source packages.

    python deploy/wheel/libraries.py FOLDER    fills FOLDER/include, FOLDER/lib and FOLDER/licences

apt downloads the upstream archive of each source package and compares its hash with the signed index. The sources are
compiled as they are. A second run with the same sources and flags does nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sources
import zig

FLAGS = ["-O2", "-g0", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections", "-w"]
SOURCE_LISTS = ("/etc/apt/sources.list", "/etc/apt/sources.list.d")


def download(folder: Path) -> dict[str, Path]:
    """Return the upstream archive of each library, by source package. The system's own apt configuration stays."""
    if not shutil.which("apt-get"):
        raise SystemExit("make wheel takes the sources of libraries from apt-get, which this machine lacks")
    parts, lists = folder / "sources.list.d", folder / "lists"
    parts.mkdir(parents=True)
    (lists / "partial").mkdir(parents=True)
    for place in map(Path, SOURCE_LISTS):
        for path in sorted(place.glob("*.*")) if place.is_dir() else [place] if place.is_file() else []:
            if path.suffix == ".sources":
                (parts / path.name).write_text(re.sub(r"(?m)^Types:.*$", "Types: deb-src", path.read_text()))
            elif path.suffix == ".list":
                (parts / path.name).write_text(re.sub(r"(?m)^deb ", "deb-src ", path.read_text()))
    options = {"sourcelist": "/dev/null", "sourceparts": parts.resolve()}
    command = ["apt-get", "-q", *(f"-oDir::Etc::{name}={value}" for name, value in options.items())]
    command += [f"-oDir::State::lists={lists.resolve()}", "-oAPT::Sandbox::User=root"]
    packages = [library.package for library in sources.LIBRARIES]
    for arguments in (["update"], ["source", "--download-only", "--tar-only", *packages]):
        done = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"apt-get {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return {package: next(folder.glob(f"{package}_*.orig.tar.*")) for package in packages}


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an archive and return its only top-level folder."""
    folder.mkdir()
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def version(archive: Path) -> str:
    """Return the version of an archive, ``re2_20240702.orig.tar.gz``, without what Debian adds to it."""
    text = archive.name.partition("_")[2].partition(".orig.tar")[0]
    return text.rpartition("+really")[2]


def compile_sources(library: sources.Library, roots: dict[str, Path], folder: Path, jobs: int) -> list[Path]:
    """Compile one library, and return its objects."""
    root = roots[library.package]
    for name, content in library.generated:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content)
    flags = [flag.format_map({name: path.resolve() for name, path in roots.items()}) for flag in library.flags]
    found = [path.relative_to(root) for pattern in library.sources for path in sorted(root.glob(pattern))]
    objects = [folder / library.package / (str(path).replace("/", "-") + ".o") for path in found]
    (folder / library.package).mkdir(parents=True)

    def compile_one(path: Path, made: Path) -> None:
        command = [*zig.compiler(library.language), *FLAGS, *flags, "-c", str(path), "-o", str(made.resolve())]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{library.package}: {path} did not compile:\n{done.stderr}")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(compile_one, found, objects))
    return objects


def install_text(library: sources.Library, root: Path, out: Path) -> None:
    """Copy headers and licences."""
    for pattern, below in library.headers:
        for path in root.glob(pattern):
            # A pattern without a folder to go to keeps the folders that it has.
            target = out / "include" / (Path(below) / path.name if below else path.relative_to(root))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    licences = out / "licences" / library.package
    licences.mkdir(parents=True)
    for name in library.licence_files:
        shutil.copyfile(root / name, licences / name)


def make(out: Path, jobs: int) -> None:
    """Fill ``out``, unless an equal run has."""
    texts = (Path(module.__file__ or "").read_bytes() for module in (sources, zig, sys.modules[__name__]))
    stamp = hashlib.sha256(b"\0".join([*texts, str(zig.folder()).encode()])).hexdigest()
    if (out / "stamp").exists() and (out / "stamp").read_text() == stamp:
        return
    shutil.rmtree(out, ignore_errors=True)
    work = out / "work"
    archives = download(work / "download")
    roots = {package: unpack(archive, work / package) for package, archive in archives.items()}
    objects = {}
    (out / "lib").mkdir()
    for library in sources.LIBRARIES:
        print(f"{library.package} {version(archives[library.package])}", flush=True)
        objects[library.package] = compile_sources(library, roots, work / "objects", jobs)
        install_text(library, roots[library.package], out)
    for name, packages in sources.ARCHIVES.items():
        members = [str(path) for package in packages for path in objects[package]]
        subprocess.run([*zig.archiver(), "rcs", str(out / f"lib/lib{name}.a"), *members], check=True)
    used = {name: {"version": version(path), "archive": path.name} for name, path in archives.items()}
    (out / "libraries.json").write_text(json.dumps(used, indent=2) + "\n")
    shutil.rmtree(work)
    (out / "stamp").write_text(stamp)


if __name__ == "__main__":
    make(Path(sys.argv[1]), len(os.sched_getaffinity(0)))
