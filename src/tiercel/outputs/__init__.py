# SPDX-License-Identifier: Apache-2.0
"""Outputs of alerts: one module each, a class with ``send(alert)`` and ``close()``.

``send`` delivers before it returns, or raises :class:`~tiercel.errors.OutputError`; the caller counts failed
deliveries. A class with ``send_batch(alerts)`` as well (:class:`BatchOutput`) gets several alerts in one call, and may
request retries by :class:`DeliveryError`. An alert has the members of :class:`AlertView`.
"""

from tiercel.outputs.base import (
    AlertView,
    BatchOutput,
    DeliveryError,
    Output,
    Printable,
    ReaderGoneError,
    Reopenable,
)
from tiercel.outputs.file import FileOutput
from tiercel.outputs.registry import make_output
from tiercel.outputs.stream import StreamOutput

__all__ = [
    "AlertView",
    "BatchOutput",
    "DeliveryError",
    "FileOutput",
    "Output",
    "Printable",
    "ReaderGoneError",
    "Reopenable",
    "StreamOutput",
    "make_output",
]
