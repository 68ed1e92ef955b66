# SPDX-License-Identifier: Apache-2.0
"""The libraries of a wheel, and how their sources compile: one row per library."""

from __future__ import annotations

from dataclasses import dataclass

C, CXX = "cc", "c++"
# What configure would find out of a C library of 2.28, for the few questions of libelf.
ELFUTILS_CONFIG = """
#define HAVE_DECL_MEMPCPY 1
#define HAVE_DECL_MEMRCHR 1
#define HAVE_DECL_POWEROF2 1
#define HAVE_DECL_RAWMEMCHR 1
#define HAVE_DECL_REALLOCARRAY 1
#define HAVE_ERROR_H 1
#define HAVE_ERR_H 1
#define HAVE_FALLTHROUGH 1
#define HAVE_MREMAP 1
#define HAVE_STDATOMIC_H 1
#define HAVE_VISIBILITY 1
#include <eu-config.h>
"""


# libbpf exports its functions otherwise: another libbpf in the process would share them.
LIBBPF_HIDDEN = '-DLIBBPF_API=__attribute__((visibility("hidden")))'

# Of Abseil what RE2 calls, and what that calls: folder, and modules. A missing one is an error of the linker.
_ABSEIL_MODULES = {
    "absl/base/internal": (
        "cycleclock low_level_alloc raw_logging spinlock spinlock_wait strerror sysinfo thread_identity "
        "unscaledcycleclock"
    ),
    "absl/container/internal": "raw_hash_set",
    "absl/debugging/internal": (
        "address_is_readable decode_rust_punycode demangle demangle_rust elf_mem_image examine_stack "
        "utf8_for_code_point vdso_support"
    ),
    "absl/debugging": "stacktrace symbolize",
    "absl/hash/internal": "city hash low_level_hash",
    "absl/log": "globals log_sink",
    "absl/log/internal": "globals log_format log_message log_sink_set proto",
    "absl/numeric": "int128",
    "absl/strings": "ascii charconv match numbers",
    "absl/strings/internal": "charconv_bigint charconv_parse memutil",
    "absl/strings/internal/str_format": "arg bind extension float_conversion output parser",
    "absl/synchronization/internal": "create_thread_identity futex_waiter kernel_timeout per_thread_sem waiter_base",
    "absl/synchronization": "mutex",
    "absl/time": "clock duration time",
    "absl/time/internal/cctz/src": (
        "time_zone_fixed time_zone_if time_zone_impl time_zone_info time_zone_libc time_zone_lookup "
        "time_zone_posix zone_info_source"
    ),
}
ABSEIL = tuple(f"{folder}/{name}.cc" for folder, names in _ABSEIL_MODULES.items() for name in names.split())


@dataclass(frozen=True)
class Library:
    """One library: a source package of Debian, unmodified."""

    package: str
    licence: str
    """SPDX expression."""
    licence_files: tuple[str, ...]
    language: str
    sources: tuple[str, ...]
    """Glob patterns below the root of the archive."""
    flags: tuple[str, ...] = ()
    """Compiler flags; ``{NAME}`` is the root of another library's sources."""
    headers: tuple[tuple[str, str], ...] = ()
    """Glob patterns, and the folder below ``include`` for the files."""
    generated: tuple[tuple[str, str], ...] = ()
    """Files to write before compiling, with their content."""


LIBRARIES = (
    Library(
        package="zlib",
        licence="Zlib",
        licence_files=("LICENSE",),
        language=C,
        sources=("*.c",),
        flags=("-DHAVE_UNISTD_H", "-D_LARGEFILE64_SOURCE"),
        headers=(("zlib.h", ""), ("zconf.h", "")),
    ),
    Library(
        package="elfutils",  # libelf
        licence="(GPL-2.0-or-later OR LGPL-3.0-or-later)",
        licence_files=("COPYING", "COPYING-GPLV2", "COPYING-LGPLV3"),
        language=C,
        sources=("libelf/*.c", "lib/eu-search.c"),
        flags=("-std=gnu99", "-D_GNU_SOURCE", "-DHAVE_CONFIG_H", "-Iconfigured", "-Ilib", "-Ilibelf", "-I{zlib}"),
        generated=(("configured/config.h", ELFUTILS_CONFIG),),
    ),
    Library(
        package="libbpf",
        licence="(LGPL-2.1-only OR BSD-2-Clause)",
        licence_files=("LICENSE", "LICENSE.BSD-2-Clause", "LICENSE.LGPL-2.1"),
        language=C,
        sources=("src/*.c",),
        flags=(LIBBPF_HIDDEN, "-Iinclude", "-Iinclude/uapi", "-I{zlib}", "-I{elfutils}/libelf"),
        headers=(("src/*.h", "bpf"),),
    ),
    Library(
        package="abseil",  # what RE2 calls of it
        licence="Apache-2.0",
        licence_files=("LICENSE",),
        language=CXX,
        sources=ABSEIL,
        flags=("-std=gnu++17", "-I."),
        headers=(("absl/**/*.h", ""), ("absl/**/*.inc", "")),
    ),
    Library(
        package="re2",
        licence="BSD-3-Clause",
        licence_files=("LICENSE",),
        language=CXX,
        sources=("re2/*.cc", "util/rune.cc", "util/strutil.cc"),
        flags=("-std=gnu++17", "-I.", "-I{abseil}"),
        headers=(("re2/*.h", "re2"),),
    ),
)
"""In the order of their needs: a library needs those before it."""

ARCHIVES = {"z": ("zlib",), "bpf": ("libbpf", "elfutils", "zlib"), "re2": ("re2", "abseil")}
"""Static libraries by the name after ``-l``, each complete."""

COMPILER_LICENCES = {
    "libcxx": ("LLVM's libc++ and libc++abi", "(Apache-2.0 WITH LLVM-exception)", "lib/libcxx/LICENSE.TXT"),
    "libunwind": ("LLVM's libunwind", "(Apache-2.0 WITH LLVM-exception)", "lib/libunwind/LICENSE.TXT"),
    "zig": ("zig's compiler-rt", "MIT", "LICENSE"),
}
"""Run-time parts that the compiler adds: name, SPDX expression, and the licence in the compiler's package."""
