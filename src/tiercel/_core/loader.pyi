# SPDX-License-Identifier: Apache-2.0
"""One BPF object in the kernel: the only module that calls libbpf."""

from typing import final

@final
class Link:
    """An attached program; detached when it goes."""

@final
class Memory:
    """Memory of a map, shared with the kernel; unmapped when it goes."""

@final
class Copy:
    """One copy of the object: opened, then loaded with some of its programs.

    Args:
        image: the object file.
        types: path of a part of the kernel's type information, to be used in its place.

    Raises:
        KernelError: E403, the image is no BPF object.
    """

    def __new__(cls, image: bytes, types: bytes | None = None) -> Copy: ...

@final
class Loader:
    """A BPF object: opened, loaded, its programs attached and its maps accessed.

    Args:
        image: the object file.

    Raises:
        KernelError: E403, the image is no BPF object.
    """

    loaded: bool

    def __new__(cls, image: bytes) -> Loader: ...
    def load_share(self, names: list[str], failures: list[BaseException]) -> None:
        """Load programs from one more copy, in the thread that calls this; what went wrong is appended."""
