# SPDX-License-Identifier: Apache-2.0
"""The BPF object as libbpf sees it, without the core: programs, what the verifier said of them, how long loading took.

The core loads only the programs that the rules want and frees the verifier's log; here each program is loaded, and its
log read.
"""

from __future__ import annotations

import ctypes
import functools
import re
import time
from dataclasses import dataclass
from pathlib import Path

_STATS = 4  # BPF_LOG_STATS: the verifier's summary, without its steps
_LOG_BYTES = 1 << 16


@functools.cache
def _libbpf() -> ctypes.CDLL:
    lib = ctypes.CDLL("libbpf.so.1", use_errno=True)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "bpf_object__open_file": (pointer, [text, pointer]),
        "bpf_object__next_program": (pointer, [pointer, pointer]),
        "bpf_object__load": (ctypes.c_int, [pointer]),
        "bpf_object__close": (None, [pointer]),
        "bpf_program__name": (text, [pointer]),
        "bpf_program__section_name": (text, [pointer]),
        "bpf_program__insn_cnt": (ctypes.c_size_t, [pointer]),
        "bpf_program__set_log_level": (ctypes.c_int, [pointer, ctypes.c_uint32]),
        "bpf_program__set_log_buf": (ctypes.c_int, [pointer, pointer, ctypes.c_size_t]),
        "libbpf_set_print": (pointer, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    lib.libbpf_set_print(None)
    return lib


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verifier's result for one program."""

    name: str
    section: str
    instructions: int  # of the program with its functions
    steps: int  # instructions that the verifier looked at, 0 when it refused the program
    microseconds: int
    log: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """All programs of an object, in its order, and what loading it cost."""

    error: int
    cpu_seconds: float
    verdicts: tuple[Verdict, ...]


def load(path: Path) -> Loaded:
    """Load every program of the object at ``path``, and let them go again."""
    lib = _libbpf()
    opened = lib.bpf_object__open_file(str(path).encode(), None)
    if not opened:
        raise OSError(ctypes.get_errno(), "libbpf could not open the object", str(path))
    logs: dict[int, ctypes.Array[ctypes.c_char]] = {}
    program = lib.bpf_object__next_program(opened, None)
    while program:
        logs[program] = ctypes.create_string_buffer(_LOG_BYTES)
        lib.bpf_program__set_log_level(program, _STATS)
        lib.bpf_program__set_log_buf(program, logs[program], _LOG_BYTES)
        program = lib.bpf_object__next_program(opened, program)
    try:
        start = time.process_time()
        error = lib.bpf_object__load(opened)
        seconds = time.process_time() - start
        verdicts = tuple(_verdict(lib, program, log.value.decode()) for program, log in logs.items())
        return Loaded(error, seconds, verdicts)
    finally:
        lib.bpf_object__close(opened)


def _verdict(lib: ctypes.CDLL, program: int, log: str) -> Verdict:
    """Parse the verifier's summary in ``log``."""
    took = re.search(r"verification time (\d+) usec", log)
    steps = re.search(r"processed (\d+) insns", log)
    return Verdict(
        name=lib.bpf_program__name(program).decode(),
        section=lib.bpf_program__section_name(program).decode(),
        instructions=lib.bpf_program__insn_cnt(program),
        steps=int(steps[1]) if took and steps else 0,
        microseconds=int(took[1]) if took else 0,
        log=log,
    )
