# SPDX-License-Identifier: Apache-2.0
"""Builds the Cython core (``ext/``) and the BPF object (``bpf/``); everything else is in pyproject.toml.

Environment:
    TIERCEL_MODULES   comma-separated modules of tiercel._core to build, for example ``eval.plan``; all by default,
                      ``none`` for none
    TIERCEL_SANITIZE  sanitizers for the extension, for example ``address,undefined``
    TIERCEL_ABI3      ``1``: one extension for every CPython from 3.11 on (the stable ABI), without debug information
    CLANG, LLVM_STRIP the BPF compiler and its strip; the newest on PATH by default, clang-19 first
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError as CythonError
from setuptools import Command, Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.dist import Distribution
from setuptools.errors import CompileError, SetupError

PACKAGE = "tiercel._core"
EXT = Path("ext/tiercel/_core")
BPF = Path("bpf")
BPF_OBJECT = Path("src/tiercel/_core/probe.bpf.o")

# Modules that call into C libraries; all others need libc alone.
LIBRARIES = {"probe.bpf_object": ["bpf"], "probe.loader": ["bpf"], "util.regex": ["re2"], "scap.stream": ["z"]}

# Modules in C++, since a library is.
CXX = frozenset({"util.regex"})

# Modules that may take the GIL. Every other one runs for each event, and the gate below refuses it there.
COLD = frozenset(
    {
        "alerts.unpack",
        "api.evaluator",
        "probe.loader",
        "probe.probe",
        "replay.container_events",
        "testing._testing",
        "testing.replay_door",
        "util.errno_table",
    }
)

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "freethreading_compatible": False,
}
CFLAGS = ["-std=gnu11", "-O2", "-g", "-fno-strict-aliasing", "-fvisibility=hidden", "-Wall"]
CFLAGS += ["-Werror=incompatible-pointer-types", "-Werror=implicit-function-declaration", "-Werror=int-conversion"]
CXXFLAGS = ["-std=gnu++17", "-O2", "-g", "-fno-strict-aliasing", "-fvisibility=hidden", "-Wall"]

SANITIZE = os.environ.get("TIERCEL_SANITIZE", "")
ABI3 = os.environ.get("TIERCEL_ABI3", "") == "1"
ABI3_VERSION = (3, 11)  # the first with buffers in the stable ABI; requires-python in pyproject.toml is the same

# What wheels leave out.
TEST_PACKAGE = "tiercel._core.testing"
# What the source distribution has beside the modules that setuptools finds.
SOURCE_FOLDERS = ("ext", "bpf", "src", "rules", "deploy", "docs", "examples", "tests", "benches", ".ci")
SOURCE_FILES = ("LICENSE", "CHANGELOG.md", "Makefile", ".clang-format", ".yamllint", ".gitignore")
BUILT = re.compile(r"__pycache__|\.egg-info|\.py[co]$|\.so$|\.o$|/\.\w+_cache/")


# --- The gate: no Python object in code that runs per event ---------------------------------------------------------

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NOGIL = re.compile(r"^[ \t]*(?:cdef|cpdef)\b[^\n=#]*?\b(\w+)\s*\([^#:]*?\)[^\n():#]*\bnogil\b[ \t]*:", re.MULTILINE)
_C_FUNCTION = re.compile(r"^(?:static|__PYX_EXTERN_C)\b[^;{}=\n]*?\b(__pyx_f\w+)\([^;{}]*\) *\{$", re.MULTILINE)
_PYTHON = re.compile(r"\b(_?Py[A-Z]\w*|Py_\w+|__Pyx_(?!PY_|RefNannyDeclarations\b|memviewslice\b)\w+)\b")
# What Cython writes for arithmetic and C types; none of it can reach the interpreter.
_HARMLESS = re.compile(r"Py_ssize_t|Py_UCS4|Py_hash_t|__Pyx_(?:div|mod|pow|sst_abs|long_)\w*")


def _own_name(symbol: str) -> str:
    """Return the Cython name in ``__pyx_f_7tiercel_5_core_4view_view_slice``: what follows the counted parts."""
    rest = symbol.removeprefix("__pyx_f_")
    while part := re.match(r"(\d+)", rest):
        rest = rest[part.end() + int(part.group()) + 1 :]
    return rest


def nogil_functions(*sources: str) -> set[str]:
    """Return the names of the functions that Cython ``sources`` declare ``nogil`` and define."""
    return {match.group(1) for source in sources for match in _NOGIL.finditer(source)}


def python_in_hot_code(c_source: str, names: set[str]) -> list[str]:
    """Return ``function: call`` for each use of the Python API inside the C functions generated for ``names``."""
    text = _COMMENT.sub(lambda match: "\n" * match.group().count("\n"), c_source)
    found = []
    for match in _C_FUNCTION.finditer(text):
        symbol = match.group(1)
        if _own_name(symbol) not in names:
            continue
        body = text[match.end() : text.index("\n}", match.end())]
        calls = {call for call in _PYTHON.findall(body) if not _HARMLESS.fullmatch(call)}
        found += [f"{symbol}: {call}" for call in sorted(calls)]
    return found


def source_of(name: str, folder: Path = EXT) -> Path:
    """Return the path of a module, named from below tiercel._core: ``eval.plan``."""
    return folder / f"{name.replace('.', '/')}.pyx"


def check_module(name: str, c_file: Path, folder: Path = EXT) -> None:
    """Refuse a module whose ``nogil`` functions touch Python objects, or a hot one that takes the GIL anywhere.

    Raises:
        CompileError: names every function and what it calls.
    """
    sources = [path.read_text() for path in sorted(folder.rglob("*.p??"))]
    found = python_in_hot_code(c_file.read_text(), nogil_functions(*sources))
    pyx = source_of(name, folder)
    if name not in COLD:
        for number, line in enumerate(pyx.read_text().splitlines(), 1):
            if re.search(r"\bwith gil\b", line.partition("#")[0]):
                found.append(f"{pyx}:{number}: takes the GIL")
    if found:
        raise CompileError(f"{pyx}: hot code must not touch Python objects:\n  " + "\n  ".join(found))


# --- The extension --------------------------------------------------------------------------------------------------


def extensions() -> list[Extension]:
    """Return one extension for each ``.pyx`` of the core, or those that TIERCEL_MODULES names."""
    wanted = os.environ.get("TIERCEL_MODULES")
    names = sorted(".".join(path.relative_to(EXT).with_suffix("").parts) for path in EXT.rglob("*.pyx"))
    if wanted:
        chosen = set() if wanted == "none" else set(wanted.split(","))
        if unknown := chosen - set(names):
            raise SetupError(f"TIERCEL_MODULES: no such module: {', '.join(sorted(unknown))}")
        names = [name for name in names if name in chosen]
    headers = [str(path) for path in (*BPF.glob("gen/*.h"), *EXT.rglob("*.h"), Path("setup.py"))]
    flags, link = [], []
    macros = []
    if ABI3:
        # After the flags of the interpreter's own build. The newest headers of glibc have a memchr that keeps const.
        flags = ["-g0", "-Wno-incompatible-pointer-types-discards-qualifiers"]
        macros = [("Py_LIMITED_API", "0x{:02x}{:02x}0000".format(*ABI3_VERSION))]
    if SANITIZE:
        flags = ["-O1", "-fno-omit-frame-pointer", f"-fsanitize={SANITIZE}", "-fno-sanitize-recover=all"]
        link = [f"-fsanitize={SANITIZE}"]
    return [
        Extension(
            f"{PACKAGE}.{name}",
            [str(source_of(name))],
            include_dirs=["ext", str(EXT), str(BPF)],
            libraries=LIBRARIES.get(name, []),
            extra_compile_args=(CXXFLAGS if name in CXX else CFLAGS) + flags,
            extra_link_args=link,
            define_macros=macros,
            py_limited_api=ABI3,
            depends=headers,
            language="c++" if name in CXX else None,
        )
        for name in names
    ]


class BuildExt(build_ext):
    """Builds the BPF object, then translates, gates and compiles the Cython modules."""

    def run(self) -> None:
        self.run_command("build_bpf")
        if for_a_wheel(self.distribution):
            self.extensions = [one for one in self.extensions if not one.name.startswith(f"{TEST_PACKAGE}.")]
        super().run()

    def build_extensions(self) -> None:
        try:
            translated = cythonize(
                self.extensions,
                include_path=["ext"],
                build_dir="build/cython",
                compiler_directives=DIRECTIVES,
                evaluate_tree_assertions=True,
                nthreads=int(self.parallel or 0),
                quiet=True,
            )
        except CythonError as error:  # Cython has said where and what
            message = getattr(error, "positionless_message", "")  # not every error of Cython has one
            raise CompileError(f"Cython refused {message or error}") from error
        for pyx, extension in zip(self.extensions, translated, strict=True):
            pyx.sources = extension.sources
            pyx.depends = sorted({*pyx.depends, *extension.depends})
            check_module(extension.name.removeprefix(f"{PACKAGE}."), Path(extension.sources[0]))
        super().build_extensions()


# --- The distributions ----------------------------------------------------------------------------------------------


def for_a_wheel(distribution: Distribution) -> bool:
    """Return whether this build goes into a wheel, and not into the source tree or the tree of a sanitizer."""
    return "bdist_wheel" in distribution.commands


class BuildPy(build_py):
    """Copies the Python modules; those for tests of the core only where these run."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if for_a_wheel(self.distribution):
            self.packages = [package for package in self.packages if package != TEST_PACKAGE]

    def find_data_files(self, package: str, src_dir: str) -> list[str]:
        found = super().find_data_files(package, src_dir)
        unwanted = f"/{TEST_PACKAGE.replace('.', '/')}/"
        return [path for path in found if not (for_a_wheel(self.distribution) and unwanted in path)]


class Wheel(bdist_wheel):
    """A wheel; with TIERCEL_ABI3 for every CPython from ABI3_VERSION on."""

    def finalize_options(self) -> None:
        if ABI3:
            self.py_limited_api = "cp{}{}".format(*ABI3_VERSION)
        super().finalize_options()


class Sdist(sdist):
    """The whole repository, as a checkout has it."""

    def make_distribution(self) -> None:
        found = {*self.filelist.files, *SOURCE_FILES}
        for folder in SOURCE_FOLDERS:
            found |= {str(path) for path in Path(folder).rglob("*") if path.is_file()}
        self.filelist.files = sorted(path for path in found if not BUILT.search(path))
        super().make_distribution()


# --- The BPF object -------------------------------------------------------------------------------------------------


def llvm_tool(name: str, override: str) -> str:
    """Return the path of an LLVM tool: the environment's choice, version 19, or the newest on PATH."""
    if chosen := os.environ.get(override):
        return chosen
    versions = sorted({19, *range(15, 40)}, key=lambda version: (version != 19, -version))
    for candidate in (*(f"{name}-{version}" for version in versions), name):
        if found := shutil.which(candidate):
            return found
    raise SetupError(f"{name} is missing: install it, or run `make setup` (Debian: clang-19 and llvm-19)")


def bpf_command(machine: str, source: Path, target: Path) -> list[str]:
    """Return the command that compiles ``source`` into ``target``, for kernels on ``machine``."""
    arch = {"x86_64": "x86", "aarch64": "arm64"}.get(machine, machine)
    command = [llvm_tool("clang", "CLANG"), "-g", "-O2", "-target", "bpf", "-mcpu=v3", "-Wall", "-Werror"]
    command += [f"-D__TARGET_ARCH_{arch}", f"-I{BPF}", f"-idirafter/usr/include/{platform.machine()}-linux-gnu"]
    return [*command, "-c", str(source), "-o", str(target)]


def out_of_date(target: Path, depfile: Path, command: str) -> bool:
    """Tell whether ``target`` is missing, was made by another command, or is older than what ``depfile`` lists."""
    stamp = depfile.with_suffix(".cmd")
    if not (target.exists() and depfile.exists() and stamp.exists() and stamp.read_text() == command):
        return True
    made = target.stat().st_mtime
    listed = depfile.read_text().replace("\\\n", " ").partition(":")[2].split()
    return any(not Path(path).exists() or Path(path).stat().st_mtime > made for path in listed)


class BuildBpf(Command):
    """Compiles bpf/probe.bpf.c into the package, without DWARF but with BTF."""

    description = "compile the BPF object"
    user_options: list[tuple[str, str | None, str]] = []

    def initialize_options(self) -> None: ...

    def finalize_options(self) -> None: ...

    def run(self) -> None:
        source = BPF / "probe.bpf.c"
        if not source.exists():
            return
        work = Path("build/bpf")
        work.mkdir(parents=True, exist_ok=True)
        raw, depfile = work / "probe.bpf.o", work / "probe.d"
        command = bpf_command(platform.machine(), source, raw)
        command += ["-MMD", "-MF", str(depfile), "-MT", "probe"]
        text = shlex.join(command)
        if not out_of_date(BPF_OBJECT, depfile, text):
            return
        print(text, flush=True)
        BPF_OBJECT.unlink(missing_ok=True)
        if subprocess.run(command, check=False).returncode:
            raise CompileError(f"{source} did not compile")
        stripped = raw.with_suffix(".stripped")
        subprocess.run([llvm_tool("llvm-strip", "LLVM_STRIP"), "-g", str(raw), "-o", str(stripped)], check=True)
        depfile.with_suffix(".cmd").write_text(text)
        stripped.replace(BPF_OBJECT)


class Build(build):
    """The whole build; the BPF object comes first, since it is package data."""

    sub_commands = [("build_bpf", None), *build.sub_commands]


COMMANDS = {
    "bdist_wheel": Wheel,
    "build": Build,
    "build_bpf": BuildBpf,
    "build_ext": BuildExt,
    "build_py": BuildPy,
    "sdist": Sdist,
}

if __name__ == "__main__":
    setup(ext_modules=extensions(), cmdclass=COMMANDS)
