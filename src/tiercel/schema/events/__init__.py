# SPDX-License-Identifier: Apache-2.0
"""The events, by topic.

An event only grows: params are appended, never reordered or retyped, and a code is never reused.  Position in
``EVENTS`` is the event's slot, valid only within one build (the schema hash differs between builds).
"""

from __future__ import annotations

from typing import Final

from tiercel.schema.events import (
    control,
    directories,
    entries,
    fds,
    files,
    generic,
    identity,
    ids,
    internal,
    io,
    ipc,
    iterators,
    kernel,
    memory,
    messages,
    meta,
    net,
    paths,
    process,
    tracepoints,
    waits,
)
from tiercel.schema.types import Event

EVENTS: Final[tuple[Event, ...]] = (
    *process.EVENTS,
    *files.EVENTS,
    *paths.EVENTS,
    *net.EVENTS,
    *identity.EVENTS,
    *kernel.EVENTS,
    *io.EVENTS,
    *directories.EVENTS,
    *messages.EVENTS,
    *fds.EVENTS,
    *waits.EVENTS,
    *memory.EVENTS,
    *ipc.EVENTS,
    *ids.EVENTS,
    *control.EVENTS,
    *tracepoints.EVENTS,
    *generic.EVENTS,
    *meta.EVENTS,
    *iterators.EVENTS,
    *entries.EVENTS,
    *internal.EVENTS,
)
