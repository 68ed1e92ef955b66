# SPDX-License-Identifier: Apache-2.0
"""Loader of the BPF object: programs, links, maps and global variables, through libbpf."""

from typing import final

@final
class Loader:
    """BPF object in the kernel: loads and attaches programs, accesses maps.

    Args:
        image: the object file.

    Raises:
        KernelError: E403, the image is not a BPF object.
    """

    loaded: bool

    def __new__(cls, image: bytes) -> Loader: ...
    def load_batch(self, names: list[str], failures: list[BaseException]) -> None:
        """Load programs from another copy, in the calling thread; append an exception to ``failures``."""
