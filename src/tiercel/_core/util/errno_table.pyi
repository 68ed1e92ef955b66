# SPDX-License-Identifier: Apache-2.0
"""What a failed call to the kernel means to the user: one table."""

from typing import final

from tiercel.errors import KernelError

@final
class Row:
    """One known failure: the stages, errnos and log text that it is known by, and what it means."""

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
        stage: what was going on: ``btf``, ``open``, ``schema``, ``load``, ``map``, ``attach``, ``ring``, ``iterate``
            or ``scope``.
        err: positive errno, 0 if there is none.
        what: the thing that it happened to, for the text.
        log: what libbpf or the verifier printed.
    """

def may_load() -> bool:
    """Tell whether this thread has the capabilities that loading and attaching take."""
