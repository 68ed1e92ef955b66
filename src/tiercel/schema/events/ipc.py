# SPDX-License-Identifier: Apache-2.0
"""Semaphores, keys, memory of other processes."""

from __future__ import annotations

from tiercel.schema.types import Event, Param, Syscall, T

SEMGET = Event(
    "semget",
    code=263,
    doc="A set of semaphores was made or looked up.",
    category="process",
    params=(
        Param("res", T.ERRNO, "set of semaphores, or -errno"),
        Param("key", T.INT32, "key of the set", fmt="hex"),
        Param("nsems", T.INT32, "number of semaphores"),
        Param("semflg", T.FLAGS32, "whether to make the set", fmt="hex", flags="semget_flags"),
    ),
    syscalls=(Syscall("semget", x86_64=64, ia32=393),),
)

SEMOP = Event(
    "semop",
    code=251,
    doc="Semaphores were changed or waited for.",
    category="process",
    params=(
        Param("res", T.ERRNO, "0, or -errno"),
        Param("nsops", T.UINT32, "number of operations"),
        Param("sem_num_0", T.UINT16, "semaphore of the first operation"),
        Param("sem_op_0", T.INT16, "what it adds"),
        Param("sem_flg_0", T.FLAGS16, "how it works", fmt="hex", flags="semop_flags"),
        Param("sem_num_1", T.UINT16, "semaphore of the second operation"),
        Param("sem_op_1", T.INT16, "what it adds"),
        Param("sem_flg_1", T.FLAGS16, "how it works", fmt="hex", flags="semop_flags"),
        Param("semid", T.INT32, "set of semaphores"),
    ),
    syscalls=(Syscall("semop", x86_64=65),),
)

SEMCTL = Event(
    "semctl",
    code=253,
    doc="A set of semaphores was inspected, changed or removed.",
    category="process",
    params=(
        Param("res", T.ERRNO, "result of the command, or -errno"),
        Param("semid", T.INT32, "set of semaphores"),
        Param("semnum", T.INT32, "semaphore in the set"),
        Param("cmd", T.FLAGS16, "command", fmt="hex", flags="semctl_commands"),
        Param("val", T.INT32, "value to set"),
    ),
    syscalls=(Syscall("semctl", x86_64=66, ia32=394),),
)

PROCESS_VM_READV = Event(
    "process_vm_readv",
    code=421,
    doc="Memory of another process was read.",
    category="ipc",
    params=(
        Param("res", T.INT64, "bytes read, or -errno"),
        Param("pid", T.PID, "process"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
    ),
    syscalls=(Syscall("process_vm_readv", x86_64=310, ia32=347),),
)

PROCESS_VM_WRITEV = Event(
    "process_vm_writev",
    code=423,
    doc="Memory of another process was written.",
    category="ipc",
    params=(
        Param("res", T.INT64, "bytes written, or -errno"),
        Param("pid", T.PID, "process"),
        Param("data", T.BYTEBUF, "first bytes of the data"),
    ),
    syscalls=(Syscall("process_vm_writev", x86_64=311, ia32=348),),
)

KEYCTL = Event(
    "keyctl",
    code=453,
    doc="The keys that the kernel keeps were used.",
    category="other",
    params=(
        Param("res", T.ERRNO, "result of the operation, or -errno"),
        Param("operation", T.ENUMFLAGS32, "operation", flags="keyctl_operations"),
        Param("arg2", T.DYN, "argument 2, a number or a text", variants="keyctl_dynamic_param"),
        Param("arg3", T.DYN, "argument 3, a number or a text", variants="keyctl_dynamic_param"),
        Param("arg4", T.DYN, "argument 4, a number or a text", variants="keyctl_dynamic_param"),
        Param("arg5", T.DYN, "argument 5, a number or a text", variants="keyctl_dynamic_param"),
    ),
    syscalls=(Syscall("keyctl", x86_64=250, ia32=288),),
)

EVENTS = (
    SEMGET,
    SEMOP,
    SEMCTL,
    PROCESS_VM_READV,
    PROCESS_VM_WRITEV,
    KEYCTL,
)
