# SPDX-License-Identifier: Apache-2.0
"""One BPF object in the kernel, loaded, attached and read through libbpf."""

from typing import final

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
