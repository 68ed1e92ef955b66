# SPDX-License-Identifier: Apache-2.0
"""The build refuses Python objects in code that runs per event, and accepts C."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError as CythonError
from setuptools import Extension
from setuptools.errors import CompileError
from support.live import REPOSITORY

CLEAN = """
cdef struct Slice:
    const unsigned char *ptr
    unsigned int len

cdef int sum_of(const Slice *slice, double limit) noexcept nogil:
    cdef unsigned int i
    cdef int total = 0
    for i in range(slice.len):
        if slice.ptr[i] % 3 == 0 and total // 2 < limit:
            total += slice.ptr[i]
    return total

def from_python(bytes text):
    cdef Slice slice = Slice(text, <unsigned int>len(text))
    return sum_of(&slice, 1e9)
"""

BAD = {
    "an exception that nobody can catch": """
cdef int fails(int x) except -1 nogil:
    if x > 3:
        raise ValueError(x)
    return x
cdef int hot(int x) noexcept nogil:
    return fails(x)
""",
    "an index check that raises": """
cimport cython
@cython.cdivision(False)
cdef int hot(int x, int y) noexcept nogil:
    return x // y
""",
    "the GIL taken for a moment": """
cdef list seen = []
cdef int hot(int x) noexcept nogil:
    with gil:
        seen.append(x)
    return x
""",
    "the GIL taken by a callee": """
cdef list seen = []
cdef int note(int x) noexcept with gil:
    seen.append(x)
    return x
cdef int hot(int x) noexcept nogil:
    return note(x)
""",
}


def translate(build: ModuleType, folder: Path, source: str, language: str = "c") -> Path:
    """Write and translate one module, as the build does; return the C or C++ file."""
    pyx = folder / "sample.pyx"
    pyx.write_text(source)
    if language == "c++":
        extension = Extension("sample", [str(pyx)], language="c++")
        (done,) = cythonize([extension], compiler_directives=build.DIRECTIVES, force=True, quiet=True)  # type: ignore[no-untyped-call]
        return Path(done.sources[0])
    options = {"compiler_directives": build.DIRECTIVES, "evaluate_tree_assertions": True, "force": True, "quiet": True}
    cythonize([str(pyx)], **options)  # type: ignore[no-untyped-call]
    return pyx.with_suffix(".c")


def test_clean_module_passes(build: ModuleType, tmp_path: Path) -> None:
    for language in ("c", "c++"):
        build.check_module("sample", translate(build, tmp_path, CLEAN, language), tmp_path)


@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("source", BAD.values(), ids=BAD.keys())
def test_python_in_hot_code_is_refused(build: ModuleType, tmp_path: Path, source: str, language: str) -> None:
    c_file = translate(build, tmp_path, source, language)
    with pytest.raises(CompileError, match="hot code must not touch Python objects"):
        build.check_module("sample", c_file, tmp_path)


def test_cold_module_may_take_the_gil_outside_of_hot_functions(build: ModuleType, tmp_path: Path) -> None:
    cold = next(iter(build.COLD))
    source = "cdef int callback(int x) noexcept with gil:\n    print(x)\n    return x\n"
    c_file = translate(build, tmp_path, source)
    source = build.source_of(cold, tmp_path)
    source.parent.mkdir(parents=True, exist_ok=True)
    c_file.with_name("sample.pyx").rename(source)
    build.check_module(cold, c_file, tmp_path)


def test_directive_in_a_module_is_evaluated(build: ModuleType, tmp_path: Path) -> None:
    directive = "# cython: test_fail_if_c_code_has = __Pyx_ErrOccurredWithGIL\n"
    source = "cdef int fails(int x) except? -1 nogil:\n    return x\n"
    source += "def call(int x):\n    with nogil:\n        x = fails(x)\n"
    translate(build, tmp_path, directive + CLEAN)
    with pytest.raises(CythonError):
        translate(build, tmp_path, directive + source)


def test_scan_sees_every_hot_function(build: ModuleType) -> None:
    """Count the functions in a second way; the scan finds them by their text."""
    for path in (REPOSITORY / "ext/tiercel/_core").rglob("*.p??"):
        text = path.read_text()
        ends = [line for line in text.splitlines() if line.endswith("nogil:") and line.strip() != "with nogil:"]
        blocks = [line for line in ends if line.lstrip().startswith(("cdef extern", "cdef nogil", "with "))]
        assert len(build._NOGIL.findall(text)) == len(ends) - len(blocks), path.name


def test_modules_that_may_take_the_gil_exist(build: ModuleType) -> None:
    assert [name for name in build.COLD if not build.source_of(name, REPOSITORY / build.EXT).is_file()] == []
