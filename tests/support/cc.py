# SPDX-License-Identifier: Apache-2.0
"""Small C programs: what the compiler and the kernel's headers say, to compare tables with."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from support.live import REPOSITORY


def run_c(folder: Path, source: str, *flags: str) -> str:
    """Compile ``source`` with gcc in ``folder`` and return what it prints. Every warning is an error."""
    program = folder / "program"
    (folder / "program.c").write_text(source)
    command = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags]
    includes = [f"-I{REPOSITORY / 'bpf'}", f"-I{REPOSITORY / 'ext/tiercel/_core'}"]
    subprocess.run([*command, *includes, "-o", program, folder / "program.c"], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def macros(folder: Path, headers: Iterable[str], names: Iterable[str]) -> dict[str, int]:
    """Return the values of those ``names`` that the kernel's or libc's ``headers`` define, as unsigned numbers."""
    lines = [f"#include <{header}>" for header in headers]
    prints = [f'#ifdef {name}\n\tprintf("{name} %llu\\n", (unsigned long long)({name}));\n#endif' for name in names]
    body = "\n".join(prints)
    source = "\n".join((*lines, "#include <stdio.h>", "int main(void)", "{", body, "\treturn 0;", "}", ""))
    pairs = (line.split() for line in run_c(folder, source, "-Wno-overflow").splitlines())
    return {name: int(value) for name, value in pairs}
