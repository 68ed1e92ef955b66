# SPDX-License-Identifier: Apache-2.0
"""One opened copy of the BPF object, its log, and what the kernel keeps for it: links and mapped memory."""

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
