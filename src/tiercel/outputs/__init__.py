# SPDX-License-Identifier: Apache-2.0
"""Outputs of alerts: one module each, a class with ``send(alert)`` and ``close()``.

An output uses only the members of :class:`Printable`, so it works for alerts of any source. ``send`` delivers before
it returns, or raises :class:`~tiercel.errors.OutputError`; the caller counts failed deliveries.
"""

from tiercel.outputs.base import Output, Printable, ReaderGoneError, Reopenable
from tiercel.outputs.file import FileOutput
from tiercel.outputs.registry import make_output
from tiercel.outputs.stream import StreamOutput

__all__ = ["FileOutput", "Output", "Printable", "ReaderGoneError", "Reopenable", "StreamOutput", "make_output"]
