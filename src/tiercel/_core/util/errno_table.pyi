# SPDX-License-Identifier: Apache-2.0
"""Table of kernel errors: stage, errno and log text to error code and hint."""

from typing import final

from tiercel.errors import KernelError

@final
class Row:
    """One known failure: stages, errnos and log text that identify it, and its code, text and hint."""

    stages: tuple[str, ...]
    errnos: tuple[int, ...]
    pattern: str | None
    code: str
    text: str
    hint: str

    def __init__(
        self, stages: tuple[str, ...], errnos: tuple[int, ...], pattern: str | None, code: str, text: str, hint: str
    ) -> None: ...

def kernel_error(stage: str, err: int, what: str, log: str = "") -> KernelError:
    """Return the exception for a call that failed; the caller raises it.

    Args:
        stage: stage of the failure: ``btf``, ``open``, ``schema``, ``load``, ``map``, ``attach``, ``ring``, ``iterate``
            or ``scope``.
        err: positive errno, 0 without one.
        what: object of the failed call, for the text.
        log: output of libbpf or the verifier.
    """

def may_load() -> bool:
    """Return True if this thread has the capabilities of loading and attaching."""
