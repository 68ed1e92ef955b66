# SPDX-License-Identifier: Apache-2.0
"""The compiler of wheels: clang as zig packs it, with the headers and the symbols of an old C library."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path

# The C library of Debian 10, RHEL 8 and all that is newer; the tag of the wheel says the same.
GLIBC = (2, 28)


def folder() -> Path:
    """Return the folder of the package ``ziglang``."""
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise SystemExit("the package ziglang is missing: run `make wheel`, which installs it")
    return Path(spec.origin).parent


def compiler(language: str) -> list[str]:
    """Return the command of a compiler, ``cc`` or ``c++``."""
    target = "{}-linux-gnu.{}.{}".format(platform.machine(), *GLIBC)
    return [str(folder() / "zig"), language, "-target", target, "-fno-sanitize=undefined"]


def archiver() -> list[str]:
    """Return the command that makes static libraries."""
    return [str(folder() / "zig"), "ar"]


def platform_tag() -> str:
    """Return the tag of wheels for this C library."""
    return "manylinux_{}_{}_{}".format(*GLIBC, platform.machine())
