# SPDX-License-Identifier: Apache-2.0
"""Opened BPF object with its libbpf log, and handles of kernel resources: links and mapped memory."""

from typing import final

@final
class Link:
    """Attachment of a program; detaches when it is destroyed."""

@final
class Memory:
    """Mapped memory of a BPF map; unmapped when it is destroyed."""

@final
class BpfObject:
    """Copy of the BPF object: opened, then loaded with some of its programs.

    Args:
        image: the object file.
        types: path of a BTF file that replaces the kernel's type information.

    Raises:
        KernelError: E403, the image is not a BPF object.
    """

    def __new__(cls, image: bytes, types: bytes | None = None) -> BpfObject: ...
