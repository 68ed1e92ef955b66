# SPDX-License-Identifier: Apache-2.0
"""Where alerts go: one module each, a class with ``send(alert)`` and ``close()``.

An output sees of an alert only what :class:`Printable` names, so it works for alerts of any source. ``send`` delivers
before it returns, or raises :class:`~tiercel.errors.OutputError`; who calls it counts what was not delivered.
"""

from tiercel.outputs.base import Output, Printable, ReaderGoneError, Reopenable
from tiercel.outputs.file import FileOutput
from tiercel.outputs.registry import make_output
from tiercel.outputs.stream import StreamOutput

__all__ = ["FileOutput", "Output", "Printable", "ReaderGoneError", "Reopenable", "StreamOutput", "make_output"]
