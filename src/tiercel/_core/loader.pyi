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
class Loader:
    """A BPF object: opened, loaded, its programs attached and its maps accessed.

    Args:
        image: the object file.

    Raises:
        KernelError: E403, the image is no BPF object.
    """

    loaded: bool

    def __new__(cls, image: bytes) -> Loader: ...
