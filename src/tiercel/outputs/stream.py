# SPDX-License-Identifier: Apache-2.0
"""Output to an open file descriptor: standard output, or a pipe or socket of a parent program."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence

from tiercel.errors import OutputError
from tiercel.outputs.base import Printable, encode
from tiercel.outputs.lines import LineWriter
from tiercel.schema.alert_formats import AlertFormat

__all__ = ["StreamOutput"]


class StreamOutput:
    """Output that writes one line for each alert, at once and without a buffer.

    The descriptor belongs to the caller: :meth:`close` does not close it.
    """

    def __init__(
        self,
        fd: int,
        *,
        format: AlertFormat = "text",
        name: str | None = None,
    ) -> None:
        """Write lines of a format to ``fd``; ``name`` is its name in errors.

        Raises:
            OutputError: E801, ``fd`` is not open for writing.
        """
        self._fd = fd
        self._format: AlertFormat = format
        self._writer = LineWriter(is_shared=True)
        self._name = name or f"file descriptor {fd}"
        hint = f"redirect it, for example {fd}>alerts" if fd > 2 else None
        try:
            access = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
        except OSError as error:
            raise OutputError("E801", f"{self._name} is not open", hint=hint) from error
        if access == os.O_RDONLY:
            raise OutputError("E801", f"{self._name} is not open for writing", hint=hint)

    def send(self, alert: Printable) -> None:
        """Write one line."""
        self.send_batch((alert,))

    def send_batch(self, alerts: Sequence[Printable]) -> None:
        """Write one line for each alert, all of them at once."""
        self._writer.write(self._fd, [encode(alert, self._format) for alert in alerts], self._name)

    def close(self) -> None:
        """Do nothing: no data is buffered, and the descriptor belongs to the caller."""
