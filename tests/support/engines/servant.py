# SPDX-License-Identifier: Apache-2.0
"""A process in a container that makes files on request, without the help of the engine."""

from __future__ import annotations

from pathlib import Path

from support.engines.daemons import Engine
from support.engines.images import Image
from support.waiting import eventually

_READ = "mkfifo /tmp/names; while read name; do : >$name; done <>/tmp/names"


class Servant:
    """A container whose only process makes files.

    Attributes:
        container: its full id.
    """

    def __init__(self, engine: Engine, image: Image, name: str) -> None:
        self._engine = engine
        self.container = engine.run(image, "sh", "-c", _READ, name=name)
        try:
            eventually(self._listens, 60, "it listens")
        except BaseException:
            self.close()
            raise

    def _listens(self) -> bool:
        """Return whether it is alone and ready: the runtime's own processes are there for a moment."""
        pids = self._engine.world.processes(self.container)
        self._root = Path(f"/proc/{pids[0]}/root") if len(pids) == 1 else Path("/nowhere")
        return (self._root / "tmp/names").exists()

    def make(self, path: str) -> None:
        """Have it make a file, and wait until it is there."""
        (self._root / "tmp/names").write_text(f"{path}\n")
        eventually((self._root / path.lstrip("/")).exists, 60, "the file is there")

    def close(self) -> None:
        self._engine.remove(self.container)
