# SPDX-License-Identifier: Apache-2.0
"""Loading of code into the kernel."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

INIT_MODULE = Event(
    "init_module",
    code=411,
    doc="A kernel module was loaded from memory.",
    category="other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("img", T.BYTEBUF, "first bytes of the module image"),
        Param("length", T.UINT64, "bytes of the module image"),
        Param("uargs", T.CHARBUF, "module parameters"),
    ),
    syscalls=(Syscall("init_module", x86_64=175, ia32=128),),
)

FINIT_MODULE = Event(
    "finit_module",
    code=413,
    doc="A kernel module was loaded from a file.",
    category="other",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("fd", T.FD, "open module file"),
        Param("uargs", T.CHARBUF, "module parameters"),
        Param("flags", T.FLAGS32, "which checks are skipped", fmt="hex", flags="finit_module_flags"),
    ),
    syscalls=(Syscall("finit_module", x86_64=313, ia32=350),),
    flags=frozenset({"reads", "uses_fd"}),
    fd_param=1,
    file=True,
)

BPF = Event(
    "bpf",
    code=369,
    doc="A bpf command ran.",
    category="other",
    params=(
        Param("fd", T.FD, "descriptor or result of the command, or -errno"),
        Param("cmd", T.ENUMFLAGS32, "bpf command", flags="bpf_commands"),
    ),
    syscalls=(Syscall("bpf", x86_64=321, ia32=357),),
    flags=frozenset({"creates_fd"}),
    fd_param=0,
    file=True,
)

EVENTS = (
    INIT_MODULE,
    FINIT_MODULE,
    BPF,
)
