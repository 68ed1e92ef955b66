# SPDX-License-Identifier: Apache-2.0
"""Source distribution and wheel: ``python deploy/wheel/build.py FOLDER`` fills FOLDER, usually ``dist``.

The wheel is built from the unpacked source distribution. It runs on every CPython from 3.11 on (stable ABI), on every C
library from 2.28 on, and needs no other library.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import libraries
import sources
import zig

WORK = Path("build/wheel")
JOBS = len(os.sched_getaffinity(0))


def setup_py(folder: Path, *arguments: str, **environment: str) -> None:
    """Run a command of ``setup.py`` in a source tree."""
    subprocess.run(
        [sys.executable, "setup.py", "-q", *arguments], cwd=folder, check=True, env={**os.environ, **environment}
    )


def python_headers(folder: Path) -> Path:
    """Return ``folder``, with links to the headers that Python includes from the system's folder of headers.

    Debian's ``pyconfig.h`` includes ``<ARCHITECTURE/python3.N/pyconfig.h>``, which lies beside the headers of the C
    library of this machine. The compiler must not find those.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(sysconfig.get_path("include"))
    architecture = sysconfig.get_config_var("MULTIARCH") or ""
    beside = own.parent / architecture / own.name
    if architecture and beside.is_dir():
        link = folder / architecture / own.name
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(beside)
    return folder.resolve()


def compilers(prefix: Path, headers: Path) -> dict[str, str]:
    """Return the environment in which setuptools compiles with zig, and links the static libraries."""
    prefix = prefix.resolve()
    cc, cxx = " ".join(zig.compiler("cc")), " ".join(zig.compiler("c++"))
    return {
        "CC": cc,
        "CXX": cxx,
        "LDSHARED": f"{cc} -shared",
        "LDCXXSHARED": f"{cxx} -shared",
        "CFLAGS": "-ffunction-sections -fdata-sections -w",
        "LDFLAGS": f"-L{prefix / 'lib'} -Wl,--gc-sections -Wl,--strip-debug",
        "CPATH": os.pathsep.join((str(prefix / "include"), str(headers))),
        "TIERCEL_ABI3": "1",
    }


def notices(prefix: Path) -> tuple[dict[str, bytes], list[str]]:
    """Return the licences of everything linked into the wheel, by file name, and their SPDX expressions."""
    used = json.loads((prefix / "libraries.json").read_text())
    files, expressions, lines = {}, [], []
    for library in sources.LIBRARIES:
        for name in library.licence_files:
            files[f"{library.package}/{name}"] = (prefix / "licences" / library.package / name).read_bytes()
        expressions.append(library.licence)
        entry = used[library.package]
        lines.append(f"{library.package} {entry['version']}: {library.licence} (source: {entry['archive']})")
    for folder, (title, expression, path) in sources.COMPILER_LICENCES.items():
        files[f"{folder}/LICENSE"] = (zig.folder() / path).read_bytes()
        expressions.append(expression)
        lines.append(f"{title}: {expression}")
    text = "The compiled modules of this wheel contain, linked statically and unmodified:\n\n"
    text += "\n".join(lines) + "\n\n"
    text += "`make wheel` in the source distribution of this version links them again, with changed versions too.\n"
    files["README"] = text.encode()
    return files, expressions


def metadata(text: str, files: list[str], expressions: list[str]) -> str:
    """Return METADATA with the licences of the libraries."""
    found = re.search(r"(?m)^License-Expression: (.+)$", text)
    if not found:
        raise SystemExit("METADATA has no License-Expression")
    expression = " AND ".join(dict.fromkeys([found.group(1), *expressions]))
    head, body = text[: found.start()], text[found.end() + 1 :]
    lines = [f"License-Expression: {expression}", *(f"License-File: {name}" for name in files)]
    return head + "\n".join(lines) + "\n" + body


def finish(built: Path, prefix: Path, folder: Path) -> Path:
    """Write the wheel again with the licences of its libraries."""
    files, expressions = notices(prefix)
    target = folder / built.name
    record = []
    with zipfile.ZipFile(built) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        (record_name,) = (name for name in old.namelist() if name.endswith(".dist-info/RECORD"))
        info = record_name.rpartition("/")[0]

        def put(entry: zipfile.ZipInfo, content: bytes) -> None:
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{entry.filename},sha256={digest},{len(content)}\n")

        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == f"{info}/METADATA":
                names = [f"libraries/{name}" for name in files]
                content = metadata(content.decode(), names, expressions).encode()
            if entry.filename != record_name:
                put(entry, content)
        stamp = old.getinfo(record_name).date_time
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{info}/licenses/libraries/{name}", stamp)
            entry.external_attr = 0o100644 << 16
            put(entry, content)
        entry = zipfile.ZipInfo(record_name, stamp)
        entry.external_attr = 0o100644 << 16
        new.writestr(entry, "".join(record) + f"{record_name},,\n")
    return target


def main(folder: Path) -> None:
    """Build both distributions."""
    prefix = WORK / "libraries"
    libraries.make(prefix, JOBS)
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("tiercel-*.tar.gz"), *folder.glob("tiercel-*.whl")):
        old.unlink()
    setup_py(Path(), "sdist", "--dist-dir", str(folder))
    (archive,) = folder.glob("tiercel-*.tar.gz")
    shutil.rmtree(WORK / "source", ignore_errors=True)
    tree = libraries.unpack(archive, WORK / "source")
    command = ["build_ext", f"--parallel={JOBS}", "bdist_wheel", f"--plat-name={zig.platform_tag()}"]
    setup_py(tree, *command, **compilers(prefix, python_headers(WORK / "python")))
    (built,) = (tree / "dist").glob("*.whl")
    print(finish(built, prefix, folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
